"""The arm's twin without the gate's limits, or with those that one asks for.

`gymnasium.make("bench.free_env:FreeReach-v0", limits="none")`. Robot, task, observation, delays and
mapping from action to command are always the same; only what the gate allows differs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium.envs.registration import register

from rl_agent.interface.action import ActionMapper
from rl_agent.spec import JointSpec, RobotSpec
from sim.control_loop import ControlLoop
from sim.env import TwinEnv

ENV = "FreeReach-v0"
EXCESS = 1e3
"""Times a limit: nothing that a policy can ask for comes near."""
NO_LOAD_SPEED = 4.71
"""STS3215 at 12 V, data sheet: 45 rpm without load [rad/s]."""
MOST_ACCELERATION = 254 * 100 / 4096 * 2.0 * np.pi
"""STS3215's acceleration register: at most 254 steps of 100 counts/s2, 4096 counts a turn
[rad/s2]."""


def without_limits(spec: RobotSpec) -> RobotSpec:
    """Return the robot with limits that nothing reaches, and no start ramp."""
    return replace(spec, joints=tuple(_free(joint) for joint in spec.joints), start_ramp_s=0.0)


def at_datasheet(spec: RobotSpec) -> RobotSpec:
    """Return the arm at what its servo's data sheet allows; positions as in the profile."""
    joints = tuple(
        replace(
            joint,
            max_velocity=NO_LOAD_SPEED,
            max_acceleration=MOST_ACCELERATION,
            brake_deceleration=MOST_ACCELERATION,
            max_jerk=np.inf,
        )
        for joint in spec.joints
    )
    return replace(spec, joints=joints)


LIMITS = {
    "none": without_limits,
    "datasheet": at_datasheet,
    "profile": lambda spec: spec,
}


class FreeEnv(TwinEnv):
    """A twin whose gate keeps the limits that `limits` names, and no others."""

    def __init__(
        self, robot: str | RobotSpec, task: str, *, limits: str = "none", **options: Any
    ) -> None:
        super().__init__(robot, task, **options)
        # The mapper's own acceleration limit would be a gate before the gate.
        free = without_limits(self.robot)
        joints = zip(free.joints, self.robot.joints, strict=True)
        kept = tuple(
            replace(j, lower=own.lower, upper=own.upper, margin=own.margin) for j, own in joints
        )
        self.mapper = ActionMapper(replace(free, joints=kept))
        self.loop = ControlLoop(LIMITS[limits](self.robot), self.twin)


def _free(joint: JointSpec) -> JointSpec:
    return replace(
        joint,
        lower=-np.inf,
        upper=np.inf,
        max_velocity=EXCESS * joint.max_velocity,
        max_acceleration=EXCESS * joint.max_acceleration,
        brake_deceleration=EXCESS * joint.brake_deceleration,
        max_jerk=np.inf,
    )


register(id=ENV, entry_point=FreeEnv, kwargs={"robot": "so101", "task": "reach"})
