"""The environment of every test process, set before anything imports torch, MuJoCo or ROS."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


def _has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _opengl() -> str:
    if _has_library("libEGL.so.1"):
        return "egl"
    return "osmesa" if _has_library("libOSMesa.so.8") else "disable"


# Two OpenMP threads on two shared cores spin against each other: one is many times faster.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MUJOCO_GL", _opengl())

# A shell's background jobs ignore Ctrl-C, and so would every process that a test starts and stops.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# ROS: never a real robot's graph, never another test run's, and message fields are type-checked.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ.setdefault("AMENT_PREFIX_PATH", sys.prefix)


@pytest.fixture(scope="session", autouse=True)
def _ros_logs():
    """Keep ROS's logs of this run out of the home folder, and clear what killed nodes left."""
    with tempfile.TemporaryDirectory(
        prefix="surefoot-ros-log-", ignore_cleanup_errors=True
    ) as logs:
        os.environ["ROS_LOG_DIR"] = logs
        if shutil.which("fastdds"):
            # Removes only the shared-memory files that no living process holds.
            subprocess.run(["fastdds", "shm", "clean"], capture_output=True, check=False)
        yield


NODES = Path(__file__).parent / "nodes"
RERUNS = 2
"""Real processes on a shared machine: its scheduler may stall them longer than any bound allows."""


def pytest_collection_modifyitems(items):
    """Run a test with real ROS processes again before it counts as failed; reruns are reported."""
    for item in items:
        if item.get_closest_marker("ros") or item.path.is_relative_to(NODES):
            item.add_marker(pytest.mark.flaky(reruns=RERUNS, reruns_delay=1))
