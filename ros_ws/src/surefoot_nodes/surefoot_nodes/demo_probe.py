"""What the demonstration needs of this machine, looked at before anything is started."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from importlib.util import find_spec

from rl_agent.exceptions import Problem, ProblemsError, TwinMismatchError
from rl_agent.spec import RobotSpec

NEEDED = {
    "rclpy": "ROS 2: source /opt/ros/jazzy/setup.bash, or on x86-64 install surefoot[ros]",
    "mujoco": "the twin: install surefoot[twin]",
    "torch": "training: install surefoot[train]",
    "onnxruntime": "the exported policy: install surefoot[deploy]",
    "rosbags": "recordings: install surefoot[data]",
}
"""Module to what is missing without it."""


@dataclass(frozen=True)
class ProbeResult:
    """What was found."""

    summary: str
    notes: tuple[str, ...]
    """What this machine lacks, and what that changes."""


def probe(spec: RobotSpec) -> ProbeResult:
    """Look at packages, profile and twin.

    Raises:
        ProblemsError: Lists everything that is missing, or that the robot lacks.
        TwinMismatchError: Profile and twin disagree.
    """
    problems = [
        Problem(module, f"is not installed; it is needed for {words}")
        for module, words in NEEDED.items()
        if find_spec(module) is None
    ]
    if spec.tool is None or spec.tool.workspace is None:
        message = f"{spec.name} has no tool with a workspace, so there is nothing to reach for"
        problems.append(Problem("--robot", message))
    if problems:
        raise ProblemsError("surefoot demo", problems)
    from sim.check import compare

    differences = compare(spec)
    if differences:
        raise TwinMismatchError(str(spec.source), differences)
    notes = () if _has_compiler() else ("No C++ compiler here: training ran at half the speed.",)
    return ProbeResult("Everything is installed; the robot's profile and its twin agree.", notes)


def _has_compiler() -> bool:
    return shutil.which(os.environ.get("CXX", "g++")) is not None
