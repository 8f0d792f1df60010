"""Gravity torques and overlaps of a pose, from the profile's own MJCF: preflight's `PoseModel`."""

from __future__ import annotations

import mujoco
import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array
from sim.floating_base import FloatingBase, floating_joint
from sim.joint_map import map_joints
from sim.loading import load_model

MAX_OVERLAP_M = 0.005
"""More than pads and rounding explain."""


class MujocoPoseModel:
    """`PoseModel` of one robot, on scratch memory of its own; not thread-safe."""

    def __init__(self, spec: RobotSpec) -> None:
        """Load the model.

        Raises:
            TwinMismatchError: The MJCF is missing or is not accepted.
        """
        self._model = load_model(spec)
        self._data = mujoco.MjData(self._model)
        self._joints = map_joints(spec, self._model)
        joint = floating_joint(self._model)
        self._base = None if joint is None else FloatingBase(self._model, joint)

    def gravity_torque(self, position: Array) -> Array:
        """Return (num_joints,) the torque that holds each joint still [N m or N].

        Zeros for a robot that is not bolted down: how its feet share its weight, no pose tells.
        """
        if self._base is not None:
            return np.zeros(len(self._joints.qvel))
        self._pose(position)
        torque: Array = self._data.qfrc_bias[self._joints.qvel].copy()
        return torque

    def overlaps(self, position: Array) -> list[str]:
        """Return which bodies stand inside each other by more than pads explain."""
        self._pose(position)
        deepest: dict[str, float] = {}
        for contact in self._data.contact:
            if contact.dist < -MAX_OVERLAP_M:
                first, second = (self._body(int(geom)) for geom in contact.geom)
                pair = f"{first} stands in {second}"
                deepest[pair] = max(deepest.get(pair, 0.0), -float(contact.dist))
        return [f"{pair} by {depth * 1e3:.0f} mm" for pair, depth in deepest.items()]

    def _pose(self, position: Array) -> None:
        mujoco.mj_resetData(self._model, self._data)
        self._data.qpos[self._joints.qpos] = np.asarray(position, dtype=np.float64)
        if self._base is not None:
            self._base.put_down(self._data)
        mujoco.mj_forward(self._model, self._data)

    def _body(self, geom: int) -> str:
        return str(self._model.body(int(self._model.geom_bodyid[geom])).name)
