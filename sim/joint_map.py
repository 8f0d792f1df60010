"""Where the profile's joints stand in MuJoCo's arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import mujoco
import numpy as np
from numpy.typing import NDArray

from rl_agent.spec import RobotSpec, Selection, select

Index = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class JointMap:
    """Addresses, looked up once by name; the step loop indexes with them."""

    qpos: Index
    """(num_joints,) into qpos."""
    qvel: Index
    """(num_joints,) into qvel."""
    ctrl: Index
    """(num_commands,) into ctrl: the actuator that drives each command joint."""

    @cached_property
    def select_qpos(self) -> Selection:
        """The same as `qpos`, faster where the joints are neighbours."""
        return select(self.qpos)

    @cached_property
    def select_qvel(self) -> Selection:
        """The same as `qvel`, faster where the joints are neighbours."""
        return select(self.qvel)


def map_joints(spec: RobotSpec, model: mujoco.MjModel) -> JointMap:
    """Return the addresses of all joints of a profile that `compare` found clean."""
    joints = [model.joint(name).id for name in spec.joint_names]
    drives = {
        int(model.actuator_trnid[i, 0]): i for i in range(model.nu) if is_joint_actuator(model, i)
    }
    commands = [drives[joints[i]] for i in spec.command_index]
    return JointMap(
        qpos=np.array([int(model.jnt_qposadr[j]) for j in joints], dtype=np.intp),
        qvel=np.array([int(model.jnt_dofadr[j]) for j in joints], dtype=np.intp),
        ctrl=np.array(commands, dtype=np.intp),
    )


def is_joint_actuator(model: mujoco.MjModel, actuator: int) -> bool:
    """Tell whether an actuator acts on one joint."""
    # mjtTrn enum members never compare equal to numpy integers.
    return int(model.actuator_trntype[actuator]) == int(mujoco.mjtTrn.mjTRN_JOINT)
