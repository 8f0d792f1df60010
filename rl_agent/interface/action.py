"""Actions in [-1, 1] to commands in SI units, one policy period ahead; for twin and robot alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command, FloatArray, Reason

# A little inside the gate's acceleration limit: the gate is a guard, not a controller.
ACCELERATION_SHARE = 0.95
# A set-point this many periods at full speed away from the applied command has lost its gate.
LEASH_PERIODS = 2.0


@dataclass(frozen=True)
class SetPoint(Command):
    """Where the mapper's own integration stands: the end point of its last proposal."""

    acceleration: Array
    """(num_commands,) mean acceleration of the last period [rad/s2 or m/s2]."""


class ActionMapper:
    """Integrates velocity actions into set-points that respect the profile's limits.

    Per action joint, with period T, the target speed a * max_speed passes a first-order
    low-pass (cut-off `smoothing_hz`), is bounded in its change (acceleration) and by the room left
    to brake before the soft limit, and is integrated by the trapezoidal rule: the speed is
    continuous and piecewise linear. One stage only: with the set-point's speed in the observation
    the process stays Markov, and a second stage doubled the experience that reaching needed.
    """

    def __init__(self, spec: RobotSpec) -> None:
        joints = spec.command_joints
        self._spec = spec
        self._index = np.array(spec.action_index)
        self._period_s = spec.policy_period_s
        self._max_speed = np.array(spec.action.max_speed)
        self._acceleration = ACCELERATION_SHARE * np.array(
            [joints[i].max_acceleration for i in self._index]
        )
        self._lower = np.array([joints[i].lower + joints[i].margin for i in self._index])
        self._upper = np.array([joints[i].upper - joints[i].margin for i in self._index])
        cutoff_hz = spec.action.smoothing_hz
        self._blend = (
            1.0 if cutoff_hz is None else 1.0 - np.exp(-2.0 * np.pi * cutoff_hz * self._period_s)
        )
        self._leash = LEASH_PERIODS * self._max_speed * self._period_s
        self.reset(np.array([joint.home for joint in joints]))

    @property
    def setpoint(self) -> SetPoint:
        """The end point of the last proposal, or the pose of the last reset."""
        return SetPoint(
            self._position.copy(), self._velocity.copy(), self._mean_acceleration.copy()
        )

    def reset(self, command_position: Array) -> None:
        """Start from rest at command positions (num_commands,), measured or applied."""
        self._position = np.array(command_position, dtype=np.float64)
        self._velocity = np.zeros_like(self._position)
        self._mean_acceleration = np.zeros_like(self._position)

    def command(self, action: FloatArray | Array, applied: Command | None = None) -> Command:
        """Return where to be one policy period from now, and how fast.

        Args:
            action: (act_dim,), clipped to [-1, 1].
            applied: The gate's newest command, if known: the set-point is kept on a leash to it, so
                that it does not run away while the gate holds the robot back.
        """
        index, period_s = self._index, self._period_s
        if applied is not None:
            self._stay_near(applied)
        position, velocity = self._position[index], self._velocity[index]
        target = np.clip(np.asarray(action, dtype=np.float64), -1.0, 1.0) * self._max_speed
        new_velocity = velocity + self._blend * (target - velocity)
        step = self._acceleration * period_s
        new_velocity = np.clip(new_velocity, velocity - step, velocity + step)
        middle = position + 0.5 * period_s * velocity
        new_velocity = np.clip(
            new_velocity,
            -self._brakeable(middle - self._lower),
            self._brakeable(self._upper - middle),
        )
        self._position[index] = position + 0.5 * period_s * (velocity + new_velocity)
        self._mean_acceleration[index] = (new_velocity - velocity) / period_s
        self._velocity[index] = new_velocity
        return Command(self._position.copy(), self._velocity.copy())

    def applied_action(self, action: FloatArray, applied: Command, reasons: Reason) -> FloatArray:
        """Return (act_dim,) the action that would have led to the applied command.

        Args:
            action: (act_dim,) as proposed.
            applied: The gate's command at the end of the proposal's period.
            reasons: What the gate changed meanwhile; nothing changed means nothing to correct.
        """
        if not reasons:
            return np.asarray(action, dtype=np.float32)
        shortfall = (applied.position - self._position)[self._index] / (
            self._period_s * self._max_speed
        )
        return np.clip(action + shortfall, -1.0, 1.0).astype(np.float32)

    def get_state(self) -> dict[str, Array]:
        """Return all that the next command depends on."""
        return {
            "position": self._position.copy(),
            "velocity": self._velocity.copy(),
            "acceleration": self._mean_acceleration.copy(),
        }

    def set_state(self, state: dict[str, Array]) -> None:
        """Continue where `get_state` was taken."""
        self._position = np.array(state["position"], dtype=np.float64)
        self._velocity = np.array(state["velocity"], dtype=np.float64)
        self._mean_acceleration = np.array(state["acceleration"], dtype=np.float64)

    def _stay_near(self, applied: Command) -> None:
        index = self._index
        near = applied.position[index]
        position = self._position[index]
        leashed = np.clip(position, near - self._leash, near + self._leash)
        strayed = leashed != position
        if strayed.any():
            # Take over the gate's speed too: keeping our own would ask for a jerk on release.
            self._position[index] = leashed
            self._velocity[index] = np.where(
                strayed, applied.velocity[index], self._velocity[index]
            )

    def _brakeable(self, room: Array) -> Array:
        """Return the largest end speed v with v T/2 + v^2/(2a) + a T^2/8 <= room, else 0.

        The last term is what whole periods can lose to a stop in mid-period: with it, slowing by
        a T per period always ends inside.
        """
        a, half_s = self._acceleration, 0.5 * self._period_s
        left = np.maximum(room - 0.5 * a * half_s**2, 0.0)
        return a * (np.sqrt(half_s**2 + 2.0 * left / a) - half_s)
