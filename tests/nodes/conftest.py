"""Without ROS only the tests of pure modules are collected."""

import importlib.util
from pathlib import Path

PURE = {
    "test_cadence.py",
    "test_controllers.py",
    "test_environment.py",
    "test_graph.py",
    "test_keys.py",
    "test_leaning_watch.py",
    "test_pacing.py",
    "test_parameters.py",
    "test_parameters_fuzz.py",
    "test_rounds.py",
    "test_shares.py",
    "test_teleop.py",
}
HAS_ROS = importlib.util.find_spec("rclpy") is not None
collect_ignore = (
    []
    if HAS_ROS
    else [path.name for path in Path(__file__).parent.glob("test_*.py") if path.name not in PURE]
)


def pytest_report_header():
    if not HAS_ROS:
        return "tests/nodes: no rclpy here (source ROS, or use x86-64 Linux): most are left out"
    return None
