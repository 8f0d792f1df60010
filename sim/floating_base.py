"""The body of a robot that is not bolted down: how it is turned, how it moves, where it stands."""

from __future__ import annotations

import mujoco
import numpy as np

from rl_agent.types import Array, Imu

DOWN = np.array([0.0, 0.0, -1.0])
FAR_M = 10.0


def floating_joint(model: mujoco.MjModel) -> int | None:
    """Return the free joint's id; None for a robot whose base is fixed to the world."""
    free = np.flatnonzero(model.jnt_type == int(mujoco.mjtJoint.mjJNT_FREE))
    return int(free[0]) if len(free) else None


class FloatingBase:
    """Reads and places the body on the free joint; body frame x forward, y left, z up."""

    def __init__(self, model: mujoco.MjModel, joint: int) -> None:
        self._model = model
        start, dof = int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint])
        self._height = start + 2
        self._quat = slice(start + 3, start + 7)
        # MuJoCo's convention: linear velocity in the world's frame, angular in the body's.
        self._linear, self._angular = slice(dof, dof + 3), slice(dof + 3, dof + 6)
        is_floor = model.geom_type == int(mujoco.mjtGeom.mjGEOM_PLANE)
        touches = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
        self._floors = np.flatnonzero(is_floor & touches)
        self._links = np.flatnonzero(~is_floor & touches & (model.geom_bodyid != 0))

    def quat_wxyz(self, data: mujoco.MjData) -> Array:
        """Return (4,) body in world."""
        return np.array(data.qpos[self._quat])

    def imu(self, data: mujoco.MjData) -> Imu:
        """Return what an ideal IMU reads."""
        return Imu(self._in_body(data, DOWN), np.array(data.qvel[self._angular]))

    def velocity(self, data: mujoco.MjData) -> Array:
        """Return (3,) the velocity of the body's origin in the body's frame [m/s]."""
        return self._in_body(data, data.qvel[self._linear])

    def set_upright(self, data: mujoco.MjData) -> None:
        """Take roll and pitch from the body; its yaw stays."""
        w, x, y, z = data.qpos[self._quat]
        yaw = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        data.qpos[self._quat] = [np.cos(yaw / 2.0), 0.0, 0.0, np.sin(yaw / 2.0)]

    def put_down(self, data: mujoco.MjData) -> None:
        """Move the robot up or down until its lowest link just touches the floor."""
        mujoco.mj_kinematics(self._model, data)
        gaps = [
            mujoco.mj_geomDistance(self._model, data, int(floor), int(link), FAR_M, None)
            for floor in self._floors
            for link in self._links
        ]
        data.qpos[self._height] -= min(gaps, default=0.0)

    def _in_body(self, data: mujoco.MjData, vector: Array) -> Array:
        conjugate, turned = np.empty(4), np.empty(3)
        mujoco.mju_negQuat(conjugate, data.qpos[self._quat])
        mujoco.mju_rotVecQuat(turned, vector, conjugate)
        return turned
