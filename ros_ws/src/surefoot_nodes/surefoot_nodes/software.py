"""What a report says about the software that it was made with."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("surefoot", "numpy", "mujoco", "onnxruntime", "torch", "ros-rclpy")


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
