"""Would the robot still stop inside everything, if it took this command and braked then?

The candidate and the whole braking manoeuvre behind it run through a planning model. A command is
accepted only if all that follows stays inside; otherwise the robot goes on along the manoeuvre that
was accepted a tick before. (A safety filter by a backup controller: Wabersich and Zeilinger, "A
predictive safety filter for learning-based control", Automatica 2021, arXiv:1812.05506.)
"""

from __future__ import annotations

import numpy as np

from rl_agent.interface.kinematics import BrakePredictor, Rollout
from rl_agent.safety.brake import braking_step
from rl_agent.safety.zones import Zones
from rl_agent.spec import ControllerType, RobotSpec
from rl_agent.types import Array

# A servo passes its reference by a little when it stops hard [rad or m].
OVERSHOOT = 0.02


class PredictiveCheck:
    """The check of one robot at one gate rate."""

    def __init__(self, spec: RobotSpec, dt: float, predictor: BrakePredictor) -> None:
        joints = spec.command_joints
        num_after = spec.safety.prediction_steps - 1
        self._predictor = predictor
        self._dt = dt
        self._step = braking_step(spec, dt)
        self._after = np.arange(1, num_after + 1)[:, None] * self._step
        self._stoppable = num_after * self._step
        self._index = np.array(spec.command_index)
        self._lower = np.array([joint.lower - OVERSHOOT for joint in joints])
        self._upper = np.array([joint.upper + OVERSHOOT for joint in joints])
        self._zones = Zones(spec.safety.zones)
        self._least = np.array([pair.distance_m for pair in spec.safety.pairs])
        self._sends_velocity = spec.controller.type is ControllerType.FORWARD_VELOCITY

    def accepts(self, position: Array, velocity: Array, candidate: Array) -> bool:
        """Tell whether to move on at `candidate` (num_commands,) [rad/s or m/s].

        Args:
            position: (num_commands,) last applied [rad or m].
            velocity: (num_commands,) last applied [rad/s or m/s].
            candidate: The velocity of the next tick.
        """
        # What does not come to rest within the horizon was not looked at to its end.
        if (np.abs(candidate) > self._stoppable).any():
            return False
        speeds = candidate - np.clip(candidate, -self._after, self._after)
        velocities = np.concatenate([candidate[None], speeds])
        commands = position + np.cumsum(velocities, axis=0) * self._dt
        sent = velocities if self._sends_velocity else commands
        return self._is_inside(self._predictor.predict(position, velocity, sent))

    def _is_inside(self, rollout: Rollout) -> bool:
        joints = rollout.position[:, self._index]
        # A comparison with NaN is false: a model that diverged accepts nothing.
        is_inside = bool((joints >= self._lower).all() and (joints <= self._upper).all())
        if len(self._zones):
            is_inside = is_inside and bool(
                (self._zones.distances(rollout.tool_position) >= 0).all()
            )
        return is_inside and bool((rollout.pair_distances >= self._least).all())
