"""Tool position and Jacobian from the profile's own MJCF; small enough to run on the robot."""

from __future__ import annotations

import threading

import mujoco
import numpy as np

from rl_agent.exceptions import Problem, TwinMismatchError
from rl_agent.spec import RobotSpec
from rl_agent.types import Array
from sim.joint_map import map_joints
from sim.loading import load_model


class _Scratch(threading.local):
    """What a computation leaves its steps in; every thread has its own.

    A policy is checked by one thread while another acts, and MuJoCo lets go of Python's lock.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        self.data = mujoco.MjData(model)
        self.translation = np.zeros((3, model.nv))


class MujocoKinematics:
    """`Kinematics` of one robot; threads may share it."""

    def __init__(self, spec: RobotSpec, *, model: mujoco.MjModel | None = None) -> None:
        """Load the model, unless it is given.

        Raises:
            TwinMismatchError: The profile has no tool, or the MJCF lacks it.
        """
        self._model = load_model(spec) if model is None else model
        self._scratch = _Scratch(self._model)
        self._site = _tool_site(spec, self._model)
        joints = map_joints(spec, self._model)
        self._qpos, self._qvel = joints.select_qpos, joints.select_qvel
        self._home, self._commanded = spec.home, np.array(spec.command_index)
        assert spec.tool is not None
        data = self._scratch.data
        mujoco.mj_kinematics(self._model, data)
        base = data.body(spec.tool.base_frame)
        # The base is welded to the world (the check insists), so its frame is read once.
        self._base_position = base.xpos.copy()
        self._rotation_world_to_base = base.xmat.reshape(3, 3).T.copy()

    def tool_position(self, position: Array) -> Array:
        """Return the tool in the base frame (3,) [m] for joint positions (num_joints,)."""
        data = self._scratch.data
        data.qpos[self._qpos] = position
        mujoco.mj_kinematics(self._model, data)
        return self._in_base(data)

    def commanded_tool_position(self, command: Array) -> Array:
        """Return (3,) [m] for command positions (num_commands,); passive joints are at home."""
        position = self._home.copy()
        position[self._commanded] = command
        return self.tool_position(position)

    def tool_jacobian(self, position: Array) -> Array:
        """Return d tool_position / d position, (3, num_joints) [m/rad or m/m]."""
        data, translation = self._scratch.data, self._scratch.translation
        data.qpos[self._qpos] = position
        mujoco.mj_kinematics(self._model, data)
        mujoco.mj_comPos(self._model, data)
        mujoco.mj_jacSite(self._model, data, translation, None, self._site)
        return self._rotation_world_to_base.dot(translation[:, self._qvel])

    def tool_motion(self, position: Array) -> tuple[Array, Array]:
        """Return the tool's position (3,) and Jacobian (3, num_joints) at once."""
        jacobian = self.tool_jacobian(position)
        return self._in_base(self._scratch.data), jacobian

    def _in_base(self, data: mujoco.MjData) -> Array:
        return self._rotation_world_to_base.dot(data.site_xpos[self._site] - self._base_position)


def kinematics_for(
    spec: RobotSpec, *, model: mujoco.MjModel | None = None
) -> MujocoKinematics | None:
    """Return the kinematics of a robot's tool; None where it has no tool.

    Args:
        spec: The robot.
        model: Its MJCF, where that is loaded already.

    Raises:
        TwinMismatchError: The MJCF lacks the tool.
    """
    return MujocoKinematics(spec, model=model) if spec.tool is not None else None


def _tool_site(spec: RobotSpec, model: mujoco.MjModel) -> int:
    if spec.tool is None:
        problem = Problem("tool", "is needed for tool positions; give the profile a tool section")
        raise TwinMismatchError(str(spec.source), [problem])
    site = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_SITE, spec.tool.site)
    if site < 0:
        problem = Problem("tool.site", f"the MJCF has no site {spec.tool.site!r}")
        raise TwinMismatchError(str(spec.source), [problem])
    return int(site)
