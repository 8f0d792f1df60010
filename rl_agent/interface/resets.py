"""Episodes' resets by name."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rl_agent.interface.action import ActionMapper
from rl_agent.interface.episode_reset import EpisodeReset
from rl_agent.interface.human_reset import HumanReset
from rl_agent.interface.motion_reset import MotionReset
from rl_agent.interface.next_goal_reset import NextGoalReset
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task

ResetName = Literal["none", "start", "random", "human", "backward"]
RESETS: tuple[ResetName, ...] = ("none", "start", "random", "human", "backward")
"""none: go on from where the robot stands; start, random: a motion to there; human: wait for a
person; backward: goals lead back to the start, so that the policy itself resets."""


def make_reset(
    name: str, spec: RobotSpec, task: Task, mapper: ActionMapper, rng: np.random.Generator
) -> EpisodeReset | None:
    """Return it; None where an episode may follow the one before at once."""
    if name == "start":
        return MotionReset(spec, mapper, lambda: task.start_position(rng))
    if name == "random":
        return MotionReset(spec, mapper, lambda: task.random_position(rng))
    if name == "human":
        return HumanReset(spec.act_dim)
    return NextGoalReset(spec.act_dim) if task.goal_dim else None
