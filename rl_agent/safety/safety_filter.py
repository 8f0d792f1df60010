"""The limits put together: a desired command goes in, the nearest allowed one comes out.

Everything is per command joint and by tick sequence with a fixed T: position += velocity * T.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from rl_agent.kinematics import Mechanics
from rl_agent.safety.acceleration_limit import AccelerationLimit
from rl_agent.safety.approach import Approach, Outlook
from rl_agent.safety.barrier import Pushed
from rl_agent.safety.brake import brake_velocity, braking_step
from rl_agent.safety.coupled_limits import check_mechanics, make_barrier, make_check
from rl_agent.safety.horizon_limit import HorizonLimit
from rl_agent.safety.jerk_limit import JerkLimit, has_jerk_limits
from rl_agent.safety.limit import Interval, Limit, LimitState, intersect
from rl_agent.safety.position_limit import PositionLimit
from rl_agent.safety.velocity_limit import VelocityLimit
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command, Reason, Verdict

# Below this a change is rounding, not a limit that was leaned on [rad/s or m/s].
NOTICEABLE = 1e-9


class SafetyFilter:
    """Keep commands within position, velocity and acceleration limits."""

    def __init__(
        self, spec: RobotSpec, dt: float | None = None, mechanics: Mechanics | None = None
    ) -> None:
        """Prepare the limits for a gate period of `dt` [s], the profile's unless given.

        Raises:
            GateError: The profile needs a model that is not among the `mechanics`.
        """
        check_mechanics(spec, mechanics)
        self._dt = spec.gate_period_s if dt is None else dt
        self._barrier = make_barrier(spec, self._dt, mechanics)
        self._check = make_check(spec, self._dt, mechanics)
        most_speed = self._check.stoppable_speed if self._check else None
        has_jerk = has_jerk_limits(spec, self._dt)
        self._jerk = JerkLimit(spec, self._dt, most_speed=most_speed) if has_jerk else None
        # In order of priority where two contradict each other.
        self._limits: tuple[Limit, ...] = (
            PositionLimit(spec, self._dt),
            VelocityLimit(spec, self._dt),
            *([HorizonLimit(spec, self._dt, self._check)] if self._check else []),
            AccelerationLimit(spec, self._dt),
            *([self._jerk] if self._jerk else []),
        )
        self._approach = Approach(spec, self._dt)
        self._slow_step = np.array([j.max_acceleration for j in spec.command_joints]) * self._dt
        deceleration = np.array([joint.brake_deceleration for joint in spec.command_joints])
        self._brake_limit = PositionLimit(spec, self._dt, deceleration=deceleration)
        self._brake_step = braking_step(spec, self._dt)
        self.reset(np.array([joint.home for joint in spec.command_joints]))

    @property
    def position(self) -> Array:
        """(num_commands,) last applied [rad or m]."""
        return self._position.copy()

    @property
    def velocity(self) -> Array:
        """(num_commands,) last applied [rad/s or m/s]."""
        return self._velocity.copy()

    @property
    def applied(self) -> Command:
        """The last applied command, as a copy."""
        return Command(position=self._position.copy(), velocity=self._velocity.copy())

    @property
    def is_at_rest(self) -> bool:
        """Whether the last applied command stands still, exactly."""
        return not self._velocity.any()

    def reset(self, position: Array) -> None:
        """Stand at `position` (num_commands,), the measured pose [rad or m]."""
        self._position = np.array(position, dtype=np.float64)
        self._velocity = np.zeros_like(self._position)
        self._previous_velocity = np.zeros_like(self._position)
        self._has_braked = False
        self._restart_check()

    def anchor(self, position: Array) -> None:
        """Move the position reference to `position` (num_commands,) and keep the velocity."""
        self._position = np.array(position, dtype=np.float64)
        self._restart_check()

    def step(
        self, desired: Command, *, speed_scale: float = 1.0, outlook: Outlook | None = None
    ) -> Verdict:
        """Move one tick towards `desired`, which should be reached at the tick's end.

        Args:
            desired: Where to be after this tick, and how fast.
            speed_scale: Share of the velocity limit that may be used, 0 to 1.
            outlook: How far the desired motion will still go, so that its end is not overshot.
        """
        asked = (desired.position - self._position) / self._dt
        wanted = self._approach.toward(desired.position - self._position, desired.velocity)
        if outlook is not None:
            wanted = self._approach.within(wanted, self._position, outlook)
        state = LimitState(
            self._position,
            self._velocity,
            self._previous_velocity,
            speed_scale,
            self._has_braked,
        )
        if self._jerk is not None:
            wanted = _arrive(self._jerk, wanted, state, desired, outlook)
        intervals = [limit.interval(state) for limit in self._limits]
        allowed = intersect(intervals)
        velocity = np.minimum(np.maximum(wanted, allowed.lower), allowed.upper)
        change = np.abs(velocity - asked)
        if not np.isfinite(change).all():
            return Verdict(self.brake().command, Reason.NON_FINITE)
        pushed, owners = self._push(velocity, allowed, state)
        if pushed is None:
            return self._give_way(asked, owners)
        self._move(pushed)
        shares = self._push_shares(np.abs(pushed - velocity), owners)
        if (change > NOTICEABLE).any():
            self._add_shares(shares, change, velocity, intervals, state.speed_scale)
        return Verdict(self.applied, Reason(sum(shares)), shares)

    def brake(self) -> Verdict:
        """Move one tick along the brake profile: no joint gets faster, each comes to stand."""
        state = LimitState(self._position, self._velocity, self._previous_velocity)
        lower, upper = self._brake_limit.interval(state)
        slowed = brake_velocity(self._velocity, self._brake_step)
        self._move(np.minimum(np.maximum(slowed, lower), upper))
        # No jerk limit holds for a brake, and none is asked to undo it: it begins anew.
        self._previous_velocity = self._velocity
        self._has_braked = True
        if self._check is not None:
            self._check.brake()
        return Verdict(self.applied)

    def halt(self) -> None:
        """Stand at the last applied position: what a robot does whose controller fell silent."""
        self._velocity = np.zeros_like(self._velocity)
        self._previous_velocity = np.zeros_like(self._velocity)
        self._restart_check()

    def get_state(self) -> dict[str, Any]:
        """Return everything that the next tick depends on."""
        return {
            "position": self._position.copy(),
            "velocity": self._velocity.copy(),
            "previous_velocity": self._previous_velocity.copy(),
            "has_braked": self._has_braked,
            **({"check": self._check.get_state()} if self._check else {}),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._position = np.array(state["position"], dtype=np.float64)
        self._velocity = np.array(state["velocity"], dtype=np.float64)
        self._previous_velocity = np.array(state["previous_velocity"], dtype=np.float64)
        self._has_braked = bool(state.get("has_braked", False))
        if self._check is not None:
            self._check.set_state(state["check"])

    def _restart_check(self) -> None:
        if self._check is not None:
            self._check.restart(self._position, self._velocity)

    def _push(self, velocity: Array, allowed: Interval, state: LimitState) -> Pushed:
        """Return what coupled limits and the prediction make of a velocity; None: brake."""
        pushed = Pushed(velocity)
        if self._barrier is not None:
            pushed = self._barrier.push(velocity, allowed, state)
        if self._check is None or pushed.velocity is None:
            return pushed
        for candidate in self._candidates(pushed, velocity, allowed):
            asked = candidate.velocity
            if asked is not None and self._check.accepts(self._position, asked):
                self._check.follow()
                return candidate
        return Pushed(None, (Reason.PREDICTION,))

    def _candidates(self, pushed: Pushed, velocity: Array, allowed: Interval) -> Iterator[Pushed]:
        """Yield velocities to try, the best first; what may be left is to brake."""
        yield pushed
        if self._barrier is not None:
            away = self._barrier.withdraw(velocity, allowed)
            yield Pushed(away.velocity, (Reason.PREDICTION,))
        # Slowing as gently as usual may do where going on does not.
        slower = np.clip(brake_velocity(self._velocity, self._slow_step), *allowed)
        yield Pushed(slower, (Reason.PREDICTION,))

    def _give_way(self, asked: Array, owners: tuple[Reason, ...]) -> Verdict:
        """Brake, because nothing else is known to be safe."""
        command = self.brake().command
        shares = self._push_shares(np.abs(command.velocity - asked), owners)
        return Verdict(command, reduce(or_, owners, Reason.NONE), shares, is_braking=True)

    def _push_shares(self, change: Array, owners: tuple[Reason, ...]) -> dict[Reason, float]:
        share = float(change.sum())
        if share <= NOTICEABLE:
            return {}
        return {reason: share / len(owners) for reason in owners}

    def _move(self, velocity: Array) -> None:
        self._previous_velocity = self._velocity
        self._has_braked = False
        self._velocity = velocity
        self._position = self._position + velocity * self._dt

    def _add_shares(
        self,
        shares: dict[Reason, float],
        change: Array,
        velocity: Array,
        intervals: list[Interval],
        speed_scale: float,
    ) -> None:
        for limit, interval in zip(self._limits, intervals, strict=True):
            # The limit on whose bound the command came to lie owns that joint's whole change.
            is_bound = (velocity == interval.upper) | (velocity == interval.lower)
            share = float(change[is_bound].sum())
            if share > NOTICEABLE:
                is_ramp = speed_scale < 1.0 and limit.reason is Reason.VELOCITY
                reason = Reason.START_RAMP if is_ramp else limit.reason
                shares[reason] = shares.get(reason, 0.0) + share
            change = np.where(is_bound, 0.0, change)
        # What is left was slowed in order to arrive without overshoot, for want of acceleration.
        rest = float(change.sum())
        if rest > NOTICEABLE:
            shares[Reason.ACCELERATION] = shares.get(Reason.ACCELERATION, 0.0) + rest


def _arrive(
    jerk: JerkLimit, wanted: Array, state: LimitState, desired: Command, outlook: Outlook | None
) -> Array:
    """Return `wanted`, slowed where the jerk limit would make it overshoot."""
    farthest, end = desired.position, desired.velocity
    if outlook is not None:
        farthest = np.where(wanted > 0.0, outlook.highest, outlook.lowest)
        end = outlook.end_velocity
    return jerk.arrive(wanted, state, farthest, end * np.sign(wanted))
