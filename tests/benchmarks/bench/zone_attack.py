"""A gate and its twin, and targets beyond every wall: how deep does the tool get?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import mujoco
import numpy as np

from rl_agent.safety.zones import Zones
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command, Reason
from sim.control_loop import ControlLoop
from sim.kinematics import MujocoKinematics
from sim.loading import load_model
from sim.twin import Twin

MAX_DRAWS = 10_000
LEAST_BEYOND_M = 0.02
"""A target this far beyond a wall is one that must not be reached [m]."""
PERIODS = (4, 12)
"""Policy periods for which a target is asked for, from and to."""


@dataclass
class Depth:
    """What was seen."""

    num_targets: int = 0
    num_ticks: int = 0
    least_h_m: float = np.inf
    """Of the measured tool, at every gate tick [m]."""
    least_command_h_m: float = np.inf
    """Of the commanded one."""
    near: int = 0
    """Policy periods that ended within 3 cm of a wall."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Policy periods with each reason."""


class ZoneAttack:
    """One robot under attack."""

    def __init__(self, spec: RobotSpec, seed: int) -> None:
        self._spec = spec
        self._rng = np.random.default_rng(seed)
        self._twin = _WatchedTwin(spec)
        self._loop = ControlLoop(spec, self._twin)
        self._zones = Zones(spec.safety.zones)
        self._kinematics = MujocoKinematics(spec)
        self._index = np.array(spec.command_index)
        joints = spec.command_joints
        self._lower = np.array([joint.lower + joint.margin for joint in joints])
        self._upper = np.array([joint.upper - joint.margin for joint in joints])
        self._loop.reset(spec.home)
        self.depth = Depth()

    def targets(self, count: int) -> Iterator[Depth]:
        """Ask for `count` targets outside, one after the other; yield what was seen so far."""
        for number in range(count):
            self._ask_for(self._outside(number % len(self._zones)))
            self.depth.num_targets += 1
            yield self.depth

    def _outside(self, row: int) -> Array:
        """Return joints (num_commands,) whose tool is beyond zone row `row`, or any, if none is."""
        fallback = None
        for _ in range(MAX_DRAWS):
            joints = self._rng.uniform(self._lower, self._upper)
            h = self._zones.distances(self._kinematics.commanded_tool_position(joints))
            if h[row] < -LEAST_BEYOND_M:
                return joints
            if fallback is None and h.min() < -LEAST_BEYOND_M:
                fallback = joints
            if fallback is not None and self._rng.random() < 0.02:
                break
        if fallback is None:
            raise RuntimeError("no pose of the arm is outside its zones: they guard nothing")
        return fallback

    def _ask_for(self, target: Array) -> None:
        command = Command(target, np.zeros_like(target))
        for _ in range(int(self._rng.integers(*PERIODS))):
            report = self._loop.run(command)
            self._note(report.applied_positions, report.reasons)

    def _note(self, positions: Array, reasons: Reason) -> None:
        depth = self.depth
        tools = np.array([self._kinematics.commanded_tool_position(q) for q in positions])
        depth.least_command_h_m = min(
            depth.least_command_h_m, float(self._zones.distances(tools).min())
        )
        seen = self._zones.distances(np.array(self._twin.take_seen()))
        depth.num_ticks += len(seen)
        depth.least_h_m = min(depth.least_h_m, float(seen.min()))
        depth.near += bool(seen[-1].min() < 0.03)
        for reason in reasons:
            name = str(reason.name)
            depth.reasons[name] = depth.reasons.get(name, 0) + 1


class _WatchedTwin(Twin):
    """Notes where its tool is after every stretch of physics."""

    def __init__(self, spec: RobotSpec) -> None:
        self._seen: list[Array] = []
        model = load_model(spec)
        # Targets at random fold the arm through itself; then its collision, not the zones, would
        # decide where the tool is.
        model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
        super().__init__(spec, model=model)

    def step(self, num_steps: int) -> None:
        super().step(num_steps)
        if num_steps:
            self._seen.append(self.tool_position())

    def take_seen(self) -> list[Array]:
        seen, self._seen = self._seen, []
        return seen
