"""A run's health: figures that tell early what a return tells late; they change nothing.

They are computed eagerly, every `health_every` steps, from the last steps and the last batch.
"""

from __future__ import annotations

import numpy as np

from rl_agent.algorithms.agent import Agent

from .config import TrainConfig
from .limiter_reliance import limiter_reliance
from .value_bias import value_bias


def health_figures(rows: np.ndarray, agent: Agent, config: TrainConfig) -> dict[str, float]:
    """Return all figures that can be told.

    Args:
        rows: (N,) the last steps that the policy decided on.
        agent: What learns.
        config: Of its training.
    """
    if len(rows) == 0 or agent.gradient_step == 0:
        return {}
    learns = config.agent.critic_action
    bias = value_bias(rows, agent, gamma=config.agent.discount, critic_action=learns)
    return bias | agent.health() | limiter_reliance(rows)
