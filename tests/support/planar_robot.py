"""A two-link planar arm with closed-form kinematics, so that tests need no MuJoCo."""

import numpy as np

from rl_agent.kinematics import Mechanics, Rollout
from rl_agent.spec import (
    ActionSpec,
    ControllerSpec,
    ControllerType,
    JointSpec,
    JointType,
    RobotSpec,
    StopMode,
    ToolSpec,
    TwinSpec,
    WatchdogSpec,
    WorkspaceSpec,
)


class PlanarKinematics:
    """Two links of 0.2 m in the x-y plane."""

    def tool_position(self, position):
        a, b = position[0], position[0] + position[1]
        return np.array([0.2 * (np.cos(a) + np.cos(b)), 0.2 * (np.sin(a) + np.sin(b)), 0.1])

    def tool_jacobian(self, position):
        a, b = position[0], position[0] + position[1]
        return np.array(
            [
                [-0.2 * (np.sin(a) + np.sin(b)), -0.2 * np.sin(b)],
                [0.2 * (np.cos(a) + np.cos(b)), 0.2 * np.cos(b)],
                [0.0, 0.0],
            ]
        )

    def tool_motion(self, position):
        return self.tool_position(position), self.tool_jacobian(position)


class PlanarClearances:
    """The tool's distance from the point (0.4, 0, 0.1), as if it were a pair of links."""

    def pair_distances(self, position):
        kinematics = PlanarKinematics()
        offset = kinematics.tool_position(position) - np.array([0.4, 0.0, 0.1])
        distance = np.linalg.norm(offset)
        gradient = offset / distance @ kinematics.tool_jacobian(position)
        return np.array([distance]), gradient[None]


class PlanarDynamics:
    """Two uncoupled motors of 2 kg m2, of which the first bears 3 N m."""

    def inertia_and_bias(self, position, velocity):
        return 2.0 * np.eye(2), np.array([3.0, 0.0])


class PlanarPredictor:
    """A robot that is always exactly where it was commanded."""

    def state_at(self, position, velocity):
        return np.array(position)

    def predict(self, state, commands):
        path = np.concatenate([state[None], commands[:-1]])
        tools = np.array([PlanarKinematics().tool_position(q) for q in path])
        pairs = np.array([PlanarClearances().pair_distances(q)[0] for q in path])
        return Rollout(path, tools, pairs, commands.copy())


def planar_spec(tmp_path=None, **changes):
    """Two joints, 1 rad/s, 10 rad/s2, policy at 20 Hz, gate at 100 Hz."""
    joint = dict(
        type=JointType.REVOLUTE,
        lower=-2.0,
        upper=2.0,
        margin=0.1,
        max_velocity=1.5,
        max_acceleration=10.0,
        brake_deceleration=20.0,
    )
    values = dict(
        name="planar",
        description="two links",
        schema_version=1,
        joints=(JointSpec(name="a", home=0.5, **joint), JointSpec(name="b", home=1.0, **joint)),
        policy_hz=20.0,
        gate_hz=100.0,
        state_hz=200.0,
        start_ramp_s=0.0,
        stop_mode=StopMode.HOLD,
        controller=ControllerSpec(type=ControllerType.JOINT_TRAJECTORY, name="arm_controller"),
        action=ActionSpec(joints=("a", "b"), max_speed=(1.0, 1.0)),
        obs_terms=("joint_position", "previous_action", "tool_jacobian"),
        watchdog=WatchdogSpec(),
        tool=ToolSpec(
            site="tool0",
            workspace=WorkspaceSpec(
                pan_rad=1.0,
                radius_m=(0.1, 0.35),
                height_m=(0.05, 0.15),
                shoulder_m=(0.0, 0.1),
                reach_m=0.3,
            ),
        ),
        twin=TwinSpec(mjcf="none.xml"),
        source=tmp_path,
    )
    values.update(changes)
    return RobotSpec(**values)


def planar_mechanics():
    return Mechanics(
        kinematics=PlanarKinematics(),
        clearances=PlanarClearances(),
        dynamics=PlanarDynamics(),
        predictor=PlanarPredictor(),
    )
