"""Actions in [-1, 1] to commands in SI units, one policy period ahead; for twin and robot alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rl_agent.spec import ActionSpec, RobotSpec
from rl_agent.types import Array, Command, FloatArray, Reason

# A little inside the gate's acceleration limit: the gate is a guard, not a controller.
ACCELERATION_SHARE = 0.95
# A set-point this many periods at full speed away from the applied command has lost its gate.
LEASH_PERIODS = 2.0
FOLLOWING_SHARE = 0.8
"""Of max_following_error, by which a set-point may lead a joint: beyond that the gate would hold,
and what presses against a table would be held there for good."""
DAMPING_RATIO = 0.866
"""Overshoots by 0.4 %; critical damping would be slower for nothing."""
REST_SHARE = 0.01
"""Of the top speed: what is slower is at rest."""

APPROACH_S = 0.5
"""Near its end, a motion to a point slows with this time constant: the low-pass must follow."""


def action_for_speed(spec: ActionSpec, speed: Array) -> Array:
    """Return the action (act_dim,) whose target is `speed` (act_dim,) [rad/s or m/s]."""
    return before_dead_zone(speed / np.array(spec.max_speed), spec.dead_zone)


def before_dead_zone(share: Array, dead_zone: float) -> Array:
    """Return the action of which `share` (act_dim,) is left behind the dead zone; 0 for 0."""
    return np.asarray(np.sign(share) * dead_zone + (1.0 - dead_zone) * share)


@dataclass(frozen=True)
class SetPoint(Command):
    """Where the mapper's own integration stands: the end point of its last proposal."""

    acceleration: Array
    """(num_commands,) at the end point [rad/s2 or m/s2]."""


class ActionMapper:
    """Integrates velocity actions into set-points that keep the profile's limits and do not jerk.

    Per action joint, the speed follows the target u = a * max_speed (0 in the dead zone) through a
    low-pass of second order, v'' = w^2 (u - v) - 2 zeta w v' with w = 2 pi smoothing_hz, by
    Tustin's rule. Its acceleration is bounded and linear within a period, so the position is one
    cubic per period, which is just what the gate interpolates. Near a soft limit the acceleration
    is bounded so that the joint can still stop before it. A low-pass of first order needs as little
    experience, but its jumps of acceleration put more energy above 5 Hz into the arm.
    """

    def __init__(self, spec: RobotSpec) -> None:
        joints = spec.command_joints
        self._spec = spec
        self._index = np.array(spec.action_index)
        self._period_s = period_s = spec.policy_period_s
        self._max_speed = np.array(spec.action.max_speed)
        self._acceleration = ACCELERATION_SHARE * np.array(
            [joints[i].max_acceleration for i in self._index]
        )
        self._lower = np.array([joints[i].lower + joints[i].margin for i in self._index])
        self._upper = np.array([joints[i].upper - joints[i].margin for i in self._index])
        w = 2.0 * np.pi * spec.action.smoothing_hz
        inertia = 0.25 * (w * period_s) ** 2 + DAMPING_RATIO * w * period_s
        self._keep = (1.0 - inertia) / (1.0 + inertia)
        self._pull = w**2 * period_s / (1.0 + inertia)
        self._dead_zone = spec.action.dead_zone
        self._leash = LEASH_PERIODS * self._max_speed * period_s
        errors = [joints[i].max_following_error or np.inf for i in self._index]
        self._lead = FOLLOWING_SHARE * np.array(errors)
        self._reach = period_s * self._max_speed
        """(act_dim,) how far an action of 1 moves the end point of its period [rad or m]."""
        self.reset(np.array([joint.home for joint in joints]))

    @property
    def setpoint(self) -> SetPoint:
        """The end point of the last proposal, or the pose of the last reset."""
        return SetPoint(self._position.copy(), self._velocity.copy(), self._acceleration_now.copy())

    def reset(self, command_position: Array) -> None:
        """Start from rest at command positions (num_commands,), measured or applied."""
        self._position = np.array(command_position, dtype=np.float64)
        self._velocity = np.zeros_like(self._position)
        self._acceleration_now = np.zeros_like(self._position)
        self._backlog = np.zeros(len(self._index))

    def command(
        self,
        action: FloatArray | Array,
        applied: Command | None = None,
        measured: Array | None = None,
    ) -> Command:
        """Return where to be one policy period from now, and how fast.

        Args:
            action: (act_dim,), clipped to [-1, 1].
            applied: The gate's newest command, if known: the set-point is kept on a leash to it, so
                that it does not run away while the gate holds the robot back.
            measured: (num_commands,) where the joints are, if known: it must not run away either
                from a joint that something else holds back.
        """
        self._backlog = np.zeros(len(self._index))
        if measured is not None:
            self._give_way(measured)
        if applied is not None:
            self._stay_near(applied)
            self._backlog = (applied.position - self._position)[self._index]
        self._advance(action)
        return Command(self._position.copy(), self._velocity.copy())

    def _advance(self, action: FloatArray | Array) -> None:
        """Move position, velocity and acceleration on by one period."""
        index, period_s = self._index, self._period_s
        position, velocity = self._position[index], self._velocity[index]
        acceleration = self._acceleration_now[index]
        target = self._past_dead_zone(action) * self._max_speed
        new = self._keep * acceleration + self._pull * (target - velocity)
        # The lower limit is the upper one of the mirrored joint.
        highest = self._stoppable(self._upper - position, velocity, acceleration)
        lowest = -self._stoppable(position - self._lower, -velocity, -acceleration)
        new = np.clip(np.clip(new, lowest, highest), -self._acceleration, self._acceleration)
        self._position[index] = position + period_s * velocity
        self._position[index] += period_s**2 * (2.0 * acceleration + new) / 6.0
        self._velocity[index] = velocity + 0.5 * period_s * (acceleration + new)
        self._acceleration_now[index] = new

    def action_towards(self, target: Array, share: float) -> FloatArray:
        """Return the action (act_dim,) that leads set-points on a straight line to `target`.

        Args:
            target: (act_dim,) positions [rad or m].
            share: Of the top speeds, which the joint that is furthest takes on its way.
        """
        away = target - self._position[self._index]
        duration_s = float(np.max(np.abs(away) / (share * self._max_speed)))
        speed = away / max(duration_s, APPROACH_S)
        return action_for_speed(self._spec.action, speed).astype(np.float32)

    def applied_action(self, action: FloatArray, applied: Command, reasons: Reason) -> FloatArray:
        """Return (act_dim,) the action that would have led to the applied command.

        Args:
            action: (act_dim,) as proposed.
            applied: The gate's command at the end of the proposal's period.
            reasons: What the gate changed meanwhile; nothing changed means nothing to correct.
        """
        if not reasons:
            return np.asarray(action, dtype=np.float32)
        if reasons & Reason.HUMAN:
            return self.action_like(applied)
        # What the gate already owed before this step is not this action's doing.
        backlog = (applied.position - self._position)[self._index] - self._backlog
        shortfall = backlog / self._reach
        return np.clip(action + shortfall, -1.0, 1.0).astype(np.float32)

    def action_like(self, command: Command) -> FloatArray:
        """Return (act_dim,) the action that keeps up what somebody else commands."""
        speed = command.velocity[self._index]
        # What rounding leaves of rest shall not become the width of a dead zone.
        speed = np.where(np.abs(speed) < REST_SHARE * self._max_speed, 0.0, speed)
        return np.clip(action_for_speed(self._spec.action, speed), -1.0, 1.0).astype(np.float32)

    def get_state(self) -> dict[str, Array]:
        """Return all that the next command depends on."""
        return {
            "position": self._position.copy(),
            "velocity": self._velocity.copy(),
            "acceleration": self._acceleration_now.copy(),
        }

    def set_state(self, state: dict[str, Array]) -> None:
        """Continue where `get_state` was taken."""
        self._position = np.array(state["position"], dtype=np.float64)
        self._velocity = np.array(state["velocity"], dtype=np.float64)
        self._acceleration_now = np.array(state["acceleration"], dtype=np.float64)

    def _stay_near(self, applied: Command) -> None:
        # Take over the gate's speed too: keeping our own would ask for a jerk on release.
        self._pull_within(self._leash, applied.position, applied.velocity)

    def _give_way(self, measured: Array) -> None:
        has_led = self._pull_within(self._lead, measured, np.zeros_like(measured))
        self._acceleration_now[self._index[has_led]] = 0.0

    def _pull_within(self, most: Array, position: Array, velocity: Array) -> NDArray[np.bool_]:
        """Bring joints that are further than `most` (act_dim,) away so near, at that velocity.

        Return which were, (act_dim,).
        """
        index = self._index
        near, own = position[index], self._position[index]
        pulled = np.clip(own, near - most, near + most)
        is_far = np.asarray(pulled != own)
        if is_far.any():
            self._position[index] = pulled
            self._velocity[index] = np.where(is_far, velocity[index], self._velocity[index])
        return is_far

    def _past_dead_zone(self, action: FloatArray | Array) -> Array:
        """Return the action in [-1, 1], zero inside the dead zone and continuous at its edge."""
        clipped = np.clip(np.asarray(action, dtype=np.float64), -1.0, 1.0)
        size = np.maximum(np.abs(clipped) - self._dead_zone, 0.0) / (1.0 - self._dead_zone)
        return np.asarray(np.sign(clipped) * size)

    def _stoppable(self, room: Array, velocity: Array, acceleration: Array) -> Array:
        """Return the highest end acceleration x after which the joint still stops within `room`.

        It would stop by falling to -A over the period after this one, then keeping -A. With y the
        speed when -A is reached, that takes R(y) = y T + y^2/(2A) beyond what is certain; a
        negative y means that the joint has turned back by then.
        """
        a, period_s = self._acceleration, self._period_s
        # With A T^2/6 to spare: to turn within a period, a joint gets that much further.
        certain = period_s * (2.0 * velocity + 5.0 / 6.0 * period_s * acceleration)
        offset = velocity + 0.5 * period_s * (acceleration - a)
        left = room - certain + offset * period_s
        braking = a * (np.sqrt(period_s**2 + 2.0 * np.maximum(left, 0.0) / a) - period_s)
        y = np.where(left > 0.0, braking, left / period_s)
        return np.asarray((y - offset) / period_s)
