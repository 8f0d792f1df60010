"""Masses, gravity and Coriolis efforts from the profile's MJCF."""

from __future__ import annotations

import mujoco
import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array
from sim.joint_map import map_joints
from sim.loading import load_model


class MujocoDynamics:
    """`Dynamics` of one robot, on scratch memory of its own; not thread-safe."""

    def __init__(self, spec: RobotSpec, *, model: mujoco.MjModel | None = None) -> None:
        self._model = load_model(spec) if model is None else model
        self._data = mujoco.MjData(self._model)
        joints = map_joints(spec, self._model)
        self._qpos, self._qvel = joints.select_qpos, joints.select_qvel
        self._inertia = np.zeros((self._model.nv, self._model.nv))

    def inertia_and_bias(self, position: Array, velocity: Array) -> tuple[Array, Array]:
        """Return M (num_joints, num_joints) and b (num_joints,); see `Dynamics`.

        Gravity counts in full: where an MJCF lets it be compensated (gravcomp), a real motor has
        to bear it all the same.
        """
        model, data = self._model, self._data
        data.qpos[self._qpos] = position
        data.qvel[self._qvel] = velocity
        # mj_fwdPosition is what fills M; collisions and constraints are of no interest here.
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_crb(model, data)
        mujoco.mj_comVel(model, data)
        bias = np.zeros(model.nv)
        mujoco.mj_rne(model, data, 0, bias)
        mujoco.mj_fullM(model, data, self._inertia)
        return self._inertia[self._qvel][:, self._qvel].copy(), bias[self._qvel]
