"""How a learner of robots elsewhere looks: which of them are there, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rl_agent.learning.live_learner import LiveState
from rl_agent.learning.remote_training import RobotState

from .live_words import episode_text, free_text, updates_text


def rows(state: LiveState, robots: Sequence[RobotState], run_dir: Path) -> list[tuple[str, str]]:
    """Return names and values."""
    values = state.to_json()
    version = state.policy_version
    lines = [(robot.robot_id, robot_text(robot)) for robot in robots]
    return [
        *(lines or [("robots", "none yet")]),
        ("experience", f"{state.env_step} steps"),
        ("episodes", episode_text(values)),
        ("version", f"{version} published" if version else "none yet"),
        ("learner", updates_text(values)),
        ("disk", free_text(run_dir)),
    ]


def robot_text(robot: RobotState) -> str:
    """Return how one robot does."""
    text = "connected" if robot.is_connected else "away"
    text += f", {robot.num_taken} steps"
    if robot.num_episodes:
        text += f", {robot.num_episodes} episodes"
    if robot.success_rate is not None:
        text += f", success {100.0 * robot.success_rate:.0f} %"
    return text + (f", has version {robot.policy_version}" if robot.policy_version else "")
