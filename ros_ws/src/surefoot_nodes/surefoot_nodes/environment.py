"""The environment that a graph's processes share. A twin's never leaves this machine."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from rl_agent.exceptions import GraphError

from .graph import Kind

TWIN_DOMAIN = 42
"""Robots use ROS's default domain, 0: a twin's graph is apart from it even on one machine."""
MAX_DOMAIN = 101
"""Above this, Linux may need the ports for other things."""
FASTDDS_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""Of Fast DDS 2 (ROS 2 Jazzy), and of version 3."""
FASTDDS_PROFILE = Path(__file__).with_name("fastdds.xml")


def twin_domain(domain: int | None = None) -> int:
    """Return the domain of a twin's graph: the one asked for, else ROS_DOMAIN_ID, else ours."""
    return domain if domain is not None else own_domain(TWIN_DOMAIN)


def own_domain(default: int) -> int:
    """Return ROS_DOMAIN_ID, or the default where it is not set.

    Raises:
        GraphError: It is no number.
    """
    text = os.environ.get("ROS_DOMAIN_ID") or str(default)
    if not text.isdecimal():
        raise GraphError(f"ROS_DOMAIN_ID: expected a number from 0 to {MAX_DOMAIN}, got {text!r}")
    return int(text)


def graph_environment(kind: Kind, domain: int | None = None) -> dict[str, str]:
    """Return what the processes of a graph need on top of our own environment."""
    changes = base_environment()
    if kind in ("twin", "faults"):
        changes["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        changes["ROS_DOMAIN_ID"] = str(twin_domain(domain))
    else:
        changes["ROS_DOMAIN_ID"] = str(own_domain(0) if domain is None else domain)
    return changes


def insist_on_ros() -> None:
    """Say what to do where there is no ROS.

    Raises:
        GraphError: rclpy cannot be found.
    """
    if find_spec("rclpy") is None:
        raise GraphError(
            "no ROS 2 here: source /opt/ros/jazzy/setup.bash, or on x86-64 install surefoot[ros]"
        )


def base_environment() -> dict[str, str]:
    """Return what makes ROS's wheels find their own files, and killed nodes be forgotten soon."""
    changes = {"PYTHONUNBUFFERED": "1"}
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    if sys.prefix not in prefixes:
        changes["AMENT_PREFIX_PATH"] = os.pathsep.join([*filter(None, prefixes), sys.prefix])
    if not set(FASTDDS_VARIABLES) & os.environ.keys():
        changes |= dict.fromkeys(FASTDDS_VARIABLES, str(FASTDDS_PROFILE))
    return changes
