"""What recorder and black box listen to: everything that drives or tells about a robot."""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from rl_agent.interface.observation import BODY_TERMS
from rl_agent.spec import RobotSpec
from rl_agent.types import Source

from .controller_messages import make_codec

LATCHED_TOPICS = ("goal", "safety_state")
BODY_TOPICS = ("imu:sensor_msgs/msg/Imu", "odom:nav_msgs/msg/Odometry")
"""Of a robot whose observation tells of its body."""


def default_topics(spec: RobotSpec) -> list[str]:
    """Return `NAME:TYPE` of everything that drives or tells about this robot."""
    controller = make_codec(spec)
    kind = controller.message_type
    package = kind.__module__.split(".")[0]
    joints = ["joint_states", *(f"command_raw/{source}" for source in Source), "applied_command"]
    return [
        *(f"{name}:sensor_msgs/msg/JointState" for name in joints),
        f"{controller.topic}:{package}/msg/{kind.__name__}",
        "goal:geometry_msgs/msg/PoseStamped",
        "safety_state:std_msgs/msg/String",
        "diagnostics:diagnostic_msgs/msg/DiagnosticArray",
        *(BODY_TOPICS if set(BODY_TERMS) & set(spec.obs_terms) else ()),
    ]


def message_class(kind: str) -> Any:
    """Return the class of `package/msg/Type`."""
    package, _, name = kind.split("/")
    return getattr(import_module(f"{package}.msg"), name)


def received_ns(info: Mapping[str, int]) -> int:
    """Return when the middleware received a message, on CLOCK_MONOTONIC [ns]."""
    # Both clocks are read now; how long ago the message came is a difference on the wall clock.
    age_ns = time.time_ns() - info["received_timestamp"]
    return time.monotonic_ns() - max(age_ns, 0)
