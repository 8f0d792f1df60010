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
ONES = np.ones(3)
# a.dot(TO_SKEW), as 3 x 3, is the matrix of the cross product with a. (Here and in all that runs in
# every tick, `dot` stands for `@`: on small arrays it takes half the time.)
TO_SKEW = np.zeros((3, 9))
TO_SKEW[[0, 1, 2], [7, 2, 3]] = 1.0
TO_SKEW[[0, 1, 2], [5, 6, 1]] = -1.0


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
        self._qpos, self._qvel = joints.select_qpos, joints.select_qvel
        self._pairs = pair_geoms(spec, self._model)
        self._segments = np.zeros((len(self._pairs), 6))
        self._wrench = np.zeros((len(self._pairs), 6))
        self._trees = pair_trees(self._pairs, self._model)

    def pair_distances(self, position: Array) -> tuple[Array, Array]:
        """Return distances (P,) [m] and gradients (P, num_joints) at (num_joints,)."""
        model, data = self._model, self._data
        data.qpos[self._qpos] = position
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        distances = np.array(
            [
                mujoco.mj_geomDistance(model, data, first, second, CUTOFF_M, segment)
                for (first, second), segment in zip(self._pairs, self._segments, strict=True)
            ]
        )
        return distances, self._gradients(distances)[:, self._qvel]

    def _gradients(self, distances: Array) -> Array:
        """Return (P, nv): along the segment, far body's motion minus near body's.

        Both ends lie on the line of the segment, so that one wrench per pair, a unit force along
        that line, meets the motion axes (cdof) of either body's joints.
        """
        near = self._segments[:, :3]
        gap = self._segments[:, 3:] - near
        length = np.sqrt((gap * gap).dot(ONES))
        # Where geoms overlap, the segment points backwards and the distance is negative.
        divisor = np.copysign(length, distances)
        divisor[length < TOUCHING_M] = np.inf  # no direction, no gradient
        direction = gap / divisor[:, None]
        gradients = np.zeros((len(gap), self._model.nv))
        self._wrench[:, 3:] = direction
        for root, moves in self._trees:
            arm = (near - self._data.subtree_com[root]).dot(TO_SKEW)
            self._wrench[:, :3] = (arm.reshape(-1, 3, 3) @ direction[:, :, None])[:, :, 0]
            gradients += self._wrench.dot(self._data.cdof.T) * moves
        return gradients


def pair_trees(pairs: Sequence[tuple[int, int]], model: mujoco.MjModel) -> list[tuple[int, Array]]:
    """Return, per kinematic tree, its root body and which of its joints change a distance.

    That is (P, nv): +1 where a joint moves the pair's far geom only, -1 the near one only, else 0.
    """
    joints = model.dof_bodyid
    moves = np.array(
        [
            [_carries(model, j, far) - _carries(model, j, near) for j in joints]
            for near, far in pairs
        ],
        dtype=np.float64,
    )
    roots = model.body_rootid[joints]
    return [(int(root), moves * (roots == root)) for root in np.unique(roots)]


def _carries(model: mujoco.MjModel, ancestor: int, geom: int) -> bool:
    body = int(model.geom_bodyid[geom])
    while body and body != ancestor:
        body = int(model.body_parentid[body])
    return body == int(ancestor)


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
