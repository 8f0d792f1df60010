"""Distances between links, and how they change with the joints, from the profile's MJCF."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from rl_agent.exceptions import Problem, TwinMismatchError
from rl_agent.robots.profile import nearest
from rl_agent.spec import RobotSpec
from rl_agent.types import Array
from sim.joint_map import map_joints
from sim.loading import load_model

# Further away than this a pair's distance does not matter to anybody [m].
CUTOFF_M = 10.0
# Closer than this the direction between two points is noise [m].
TOUCHING_M = 1e-9


class MujocoClearances:
    """`Clearances` of one robot, on scratch memory of its own; not thread-safe."""

    def __init__(self, spec: RobotSpec, *, model: mujoco.MjModel | None = None) -> None:
        """Look the pairs' geoms up.

        Raises:
            TwinMismatchError: The MJCF lacks one of them.
        """
        self._model = load_model(spec) if model is None else model
        self._data = mujoco.MjData(self._model)
        joints = map_joints(spec, self._model)
        self._qpos, self._qvel = joints.qpos, joints.qvel
        self._pairs = pair_geoms(spec, self._model)
        self._fromto = np.zeros(6)
        self._near = np.zeros((3, self._model.nv))
        self._far = np.zeros((3, self._model.nv))

    def pair_distances(self, position: Array) -> tuple[Array, Array]:
        """Return distances (P,) [m] and gradients (P, num_joints) at (num_joints,)."""
        data = self._data
        data.qpos[self._qpos] = position
        mujoco.mj_kinematics(self._model, data)
        mujoco.mj_comPos(self._model, data)
        found = [self._one(first, second) for first, second in self._pairs]
        return np.array([d for d, _ in found]), np.array([gradient for _, gradient in found])

    def _one(self, first: int, second: int) -> tuple[float, Array]:
        model, data, fromto = self._model, self._data, self._fromto
        distance = mujoco.mj_geomDistance(model, data, first, second, CUTOFF_M, fromto)
        gap = fromto[3:] - fromto[:3]
        length = float(np.linalg.norm(gap))
        if length < TOUCHING_M:
            return distance, np.zeros(len(self._qvel))
        bodies = (int(model.geom_bodyid[first]), int(model.geom_bodyid[second]))
        mujoco.mj_jac(model, data, self._near, None, fromto[:3], bodies[0])
        mujoco.mj_jac(model, data, self._far, None, fromto[3:], bodies[1])
        # Where geoms overlap, the segment points backwards and the distance is negative.
        direction = gap / (length if distance >= 0.0 else -length)
        return distance, (direction @ (self._far - self._near))[self._qvel]


def pair_geoms(spec: RobotSpec, model: mujoco.MjModel) -> list[tuple[int, int]]:
    """Return the geom ids of the profile's pairs.

    Raises:
        TwinMismatchError: Lists every geom that the MJCF lacks.
    """
    known = [model.geom(i).name for i in range(model.ngeom)]
    problems = [
        problem
        for index, pair in enumerate(spec.safety.pairs)
        for problem in _missing(f"safety.pairs[{index}].geoms", pair.geoms, known)
    ]
    if problems:
        raise TwinMismatchError(str(spec.source), problems)
    return [(known.index(pair.geoms[0]), known.index(pair.geoms[1])) for pair in spec.safety.pairs]


def _missing(path: str, names: Sequence[str], known: Sequence[str]) -> list[Problem]:
    return [
        Problem(path, f"the MJCF has no geom {name!r}{nearest(name, [k for k in known if k])}")
        for name in names
        if name not in known
    ]
