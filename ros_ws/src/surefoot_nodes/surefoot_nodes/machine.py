"""What a report says about the machine and the software that it was made with."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("surefoot", "numpy", "mujoco", "onnxruntime", "torch", "ros-rclpy")


def describe_machine() -> dict[str, str]:
    """Return processor, memory and operating system in words."""
    cores = len(os.sched_getaffinity(0))
    return {
        "processor": f"{_processor()}, {cores} core{'s' if cores != 1 else ''} available",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
    }


def describe_software() -> dict[str, str]:
    """Return the commit and the versions of what matters; what is missing is left out."""
    from rl_agent.learning.run_folder import code_commit

    found = {"commit": code_commit(), "python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
