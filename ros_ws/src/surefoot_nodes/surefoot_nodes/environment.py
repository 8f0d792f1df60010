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
LOOPBACK_PROFILE = Path(__file__).with_name("fastdds_loopback.xml")
FASTDDS_RMWS = ("rmw_fastrtps_cpp", "rmw_fastrtps_dynamic_cpp")
TRANSPORTS = "FASTDDS_BUILTIN_TRANSPORTS"
RANGE = "ROS_AUTOMATIC_DISCOVERY_RANGE"


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
        return changes | _local_environment() | {"ROS_DOMAIN_ID": str(twin_domain(domain))}
    if _is_kept_local():
        changes |= _local_environment()
    return changes | {"ROS_DOMAIN_ID": str(own_domain(0) if domain is None else domain)}


def _is_kept_local() -> bool:
    """Tell whether the user keeps robots on this machine, too, in ROS's new words or its old ones.

    Where he names peers elsewhere as well, that is left to ROS.
    """
    is_local = os.environ.get(RANGE) == "LOCALHOST" or os.environ.get("ROS_LOCALHOST_ONLY") == "1"
    return is_local and not os.environ.get("ROS_STATIC_PEERS")


def _local_environment() -> dict[str, str]:
    """Return what keeps a graph on this machine, and without shared memory where that can be had.

    LOCALHOST makes rmw_fastrtps add shared memory, whatever a profile says. So ROS is told to leave
    discovery to a profile of ours, and then must not take a middleware that does not read it.
    """
    rmw = os.environ.get("RMW_IMPLEMENTATION") or FASTDDS_RMWS[0]
    if _has_own_profile() or rmw not in FASTDDS_RMWS:
        return {RANGE: "LOCALHOST"}
    changes = {RANGE: "SYSTEM_DEFAULT", "RMW_IMPLEMENTATION": rmw}
    if "ROS_LOCALHOST_ONLY" in os.environ:
        changes["ROS_LOCALHOST_ONLY"] = "0"
    return changes | dict.fromkeys(FASTDDS_VARIABLES, str(LOOPBACK_PROFILE))


def _has_own_profile() -> bool:
    """Tell whether the user has set a profile of Fast DDS himself."""
    ours = {"", str(FASTDDS_PROFILE), str(LOOPBACK_PROFILE)}
    return any(os.environ.get(name, "") not in ours for name in FASTDDS_VARIABLES)


def is_on_loopback() -> bool:
    """Tell whether ROS was kept on this machine for us, as `graph_environment` does for a twin."""
    if os.environ.get(RANGE) == "LOCALHOST":
        return True
    rmw = os.environ.get("RMW_IMPLEMENTATION") or FASTDDS_RMWS[0]
    profiles = {os.environ.get(name) for name in FASTDDS_VARIABLES}
    return rmw in FASTDDS_RMWS and str(LOOPBACK_PROFILE) in profiles


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
    """Return what makes ROS's wheels find their own files, and killed nodes be forgotten soon.

    Fast DDS's shared memory is left out: a publish() into it waits up to 1 s for a peer that died.
    """
    changes = {"PYTHONUNBUFFERED": "1"}
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    if sys.prefix not in prefixes:
        changes["AMENT_PREFIX_PATH"] = os.pathsep.join([*filter(None, prefixes), sys.prefix])
    if not set(FASTDDS_VARIABLES) & os.environ.keys():
        changes |= dict.fromkeys(FASTDDS_VARIABLES, str(FASTDDS_PROFILE))
        changes[TRANSPORTS] = os.environ.get(TRANSPORTS) or "UDPv4"
    return changes
