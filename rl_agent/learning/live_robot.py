"""Whom a live run is about. Torch-free: a robot whose learner is elsewhere has no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from rl_agent.judging.judge import TASK


@dataclass(frozen=True, kw_only=True)
class LiveRobot:
    """A robot and its task, as the nodes' parameters name them."""

    robot: str
    """A shipped robot's name, or a profile's file."""
    task: str
    policy_hz: float
    judge: str = TASK
    """Who says what a success is, as `make_judge` reads it."""
