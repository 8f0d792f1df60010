"""What a classifier sees of a step: its numbers and all products of two of them.

With products, the border of what counts as a success can be an ellipsoid, not only a plane.
"""

from __future__ import annotations

import numpy as np

from rl_agent.types import Array


def base_features(
    context: Array,  # (..., context_dim)
    goal: Array,  # (..., goal_dim)
) -> Array:
    """Return (..., D): the context, then the goal, less the context where both have one size."""
    relative = goal - context if goal.shape[-1] == context.shape[-1] else goal
    return np.concatenate([context, relative], axis=-1)


def quadratic(values: Array) -> Array:
    """Return (..., D + D (D + 1) / 2): the values (..., D) and all their products."""
    rows, columns = np.triu_indices(values.shape[-1])
    return np.concatenate([values, values[..., rows] * values[..., columns]], axis=-1)


def num_quadratic(num_base: int) -> int:
    """Return how many features `quadratic` makes of so many values."""
    return num_base + num_base * (num_base + 1) // 2
