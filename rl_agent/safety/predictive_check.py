"""Would the robot still stop inside everything, if it took this command and braked then?

The candidate and the whole braking manoeuvre behind it run through a planning model. A command is
accepted only if all that follows stays inside; otherwise the robot goes on along the manoeuvre that
was accepted a tick before. (A safety filter by a backup controller: Wabersich and Zeilinger, "A
predictive safety filter for learning-based control", Automatica 2021, arXiv:1812.05506.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.kinematics import BrakePredictor, Rollout
from rl_agent.safety.brake import braking_step
from rl_agent.safety.zones import Zones
from rl_agent.spec import ControllerType, RobotSpec
from rl_agent.types import Array

# A servo passes its reference by a little when it stops hard [rad or m].
OVERSHOOT = 0.02
ROUNDING = 1e-9
# A servo lags behind its reference: it is looked at for so much longer [s].
SETTLE_S = 0.05


class PredictiveCheck:
    """The check of one robot at one gate rate.

    The model is carried along with the commands: it lags behind them as the robot does, and when
    the robot brakes, it goes on along the manoeuvre that was accepted, tick for tick. Whoever moves
    tells: `follow` after a command that `accepts` answered for, `brake` after a tick of braking.
    """

    def __init__(self, spec: RobotSpec, dt: float, predictor: BrakePredictor) -> None:
        joints = spec.command_joints
        # The first row of a rollout is the start, and the last command is not seen through.
        num_after = spec.safety.prediction_steps - 1
        num_stopping = max(num_after - 1 - round(SETTLE_S / dt), 0)
        self._predictor = predictor
        self._dt = dt
        self._step = braking_step(spec, dt)
        self._after = np.arange(1, num_after + 1)[:, None] * self._step
        self.stoppable_speed = num_stopping * self._step
        """(num_commands,) from faster ones no stop is seen to its end [rad/s or m/s]."""
        self._commanded = spec.command_selection
        self._lower = np.array([joint.lower - OVERSHOOT for joint in joints])
        self._upper = np.array([joint.upper + OVERSHOOT for joint in joints])
        self._zones = Zones(spec.safety.zones, spec.safety.zone_margin_m)
        self._least = np.array([pair.distance_m for pair in spec.safety.pairs])
        rest = np.zeros(len(joints))
        self.restart(np.array([joint.home for joint in joints]), rest)
        self._sends_velocity = spec.controller.type is ControllerType.FORWARD_VELOCITY

    def restart(self, position: Array, velocity: Array) -> None:
        """Put the model exactly at a command (num_commands,)."""
        self._plan = self._predictor.state_at(position, velocity)[None]
        self._candidate = self._plan
        self._row = 0

    def accepts(self, position: Array, candidate: Array) -> bool:
        """Tell whether to move on at `candidate` (num_commands,) [rad/s or m/s].

        Args:
            position: (num_commands,) last applied [rad or m].
            candidate: The velocity of the next tick.
        """
        # What does not come to rest within the horizon was not looked at to its end.
        if (np.abs(candidate) > self.stoppable_speed + ROUNDING).any():
            return False
        speeds = candidate - np.minimum(np.maximum(candidate, -self._after), self._after)
        velocities = np.concatenate([candidate[None], speeds])
        commands = position + np.cumsum(velocities, axis=0) * self._dt
        sent = velocities if self._sends_velocity else commands
        rollout = self._predictor.predict(self._plan[self._row], sent)
        self._candidate = rollout.states
        return self._is_inside(rollout)

    def follow(self) -> None:
        """Note that the command last asked about was sent."""
        self._plan, self._row = self._candidate.copy(), 0

    def brake(self) -> None:
        """Note that a tick of braking was sent instead."""
        self._row = min(self._row + 1, len(self._plan) - 1)

    def get_state(self) -> dict[str, Any]:
        """Return everything that the next answer depends on."""
        return {"plan": self._plan.copy(), "row": self._row}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._plan = np.array(state["plan"], dtype=np.float64)
        self._row = int(state["row"])

    def _is_inside(self, rollout: Rollout) -> bool:
        # Outside, standing and moving back in are allowed, nothing else. A comparison with NaN is
        # false: a model that diverged accepts nothing.
        joints = rollout.position[:, self._commanded]
        return (
            _stays_above(joints - self._lower)
            and _stays_above(self._upper - joints)
            and (not len(self._zones) or _stays_above(self._zones.distances(rollout.tool_position)))
            and (not len(self._least) or _stays_above(rollout.pair_distances - self._least))
        )


def _stays_above(room: Array) -> bool:
    """Tell whether all later rows of `room` (H, m) are at least 0, or no worse than the first."""
    return bool((room >= np.minimum(room[0], 0.0) - ROUNDING).all())
