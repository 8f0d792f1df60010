"""Transitions with recognisable numbers."""

import numpy as np

from rl_agent.data.layout import RowPacker, TransitionLayout
from rl_agent.types import Transition

LAYOUT = TransitionLayout(obs_dim=2, act_dim=1, context_dim=1, goal_dim=1)


def transition(index, **changes):
    """Step `index` of one long episode: obs (index, 0), reward index, context index."""
    values = {
        "obs": np.array([index, 0], np.float32),
        "action": np.array([0.5], np.float32),
        "applied_action": np.array([0.25], np.float32),
        "previous_action": np.array([0.0], np.float32),
        "reward": float(index),
        "terminated": False,
        "truncated": False,
        "next_obs": np.array([index + 1, 0], np.float32),
        "context": np.array([index], np.float32),
        "next_context": np.array([index + 1], np.float32),
        "goal": np.array([0.0], np.float32),
        "reasons": index % 7,
        "shares": np.array([0.0, 0.1, 0.2], np.float32),
    }
    return Transition(**(values | changes))


def packed(count):
    """Return the first steps of that episode as rows (count,)."""
    rows = np.zeros(count, LAYOUT.row_dtype)
    for index in range(count):
        rows[index] = RowPacker(np.zeros(1, LAYOUT.row_dtype)).pack(transition(index))[0]
    return rows
