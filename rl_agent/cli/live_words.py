"""How a live learner does, in words: for the panel beside the robot and for the one elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rl_agent.tasks.episode_summary import ROLLING_EPISODES

LOW_DISK_GB = 1.0

State = Mapping[str, Any]
"""Of `LiveState.to_json`."""


def episode_text(state: State) -> str:
    """Return what the last episodes came to."""
    if state.get("mean_return") is None:
        return "-"
    last = min(state["episode"], ROLLING_EPISODES)
    text = f"{state['episode']}; the last {last}: return {state['mean_return']:.2f}"
    if state.get("success_rate") is not None:
        text += f", {100.0 * state['success_rate']:.0f} % succeeded"
    return text


def updates_text(state: State) -> str:
    """Return how the learner gets on."""
    text = f"{state['gradient_step']} updates, {state['num_owed']} owed"
    if state["num_skipped"]:
        text += f", {state['num_skipped']} skipped"
    return f"{text}; {state['trouble']}" if state["trouble"] else text


def free_text(folder: Path) -> str:
    """Return what room a folder's disk has."""
    free_gb = shutil.disk_usage(folder).free / 1e9
    return f"{free_gb:.0f} GB free" if free_gb >= LOW_DISK_GB else f"ONLY {free_gb:.2f} GB FREE"
