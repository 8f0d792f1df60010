"""Do the critics promise more than comes? Their values beside the discounted returns that came.

As REDQ does it (Chen et al. 2021, "Randomized Ensembled Double Q-Learning", section 3), with the
steps of the training itself in place of extra episodes, which a robot would pay for. Four choices:

- The steps are the last ones, taken by policies at most a window old: while a policy improves
  fast, its returns lag, which looks like a little overestimation.
- A stretch that does not end in a true end is continued by the critics' own value of its last
  state. So many parts of their bias cancel as that value weighs; dividing by the rest, 1 - gamma^n
  on average, puts them back, for a bias that is the same everywhere.
- Max-entropy critics promise entropy too: the returns are given theirs, by the present policy.
- The actions are those that the critics learn from, applied or proposed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rl_agent.algorithms.agent import Agent
from rl_agent.data.learned_action import CriticAction, learned_action
from rl_agent.types import Array, FloatArray

LEAST_WEIGHT = 0.05
"""Of what is measured and not the critics' own word: below, there is nothing to compare with."""


@dataclass(frozen=True)
class Continued:
    """Discounted returns from each step on."""

    value: Array
    """(N,)"""
    remainder: Array
    """(N,) the weight that the critics' own value has in it: gamma^n, or 0 before a true end."""


def value_bias(
    rows: np.ndarray, agent: Agent, *, gamma: float, critic_action: CriticAction
) -> dict[str, float]:
    """Return the mean value, the mean return, their difference, and that relative to returns.

    It is relative to the larger of |mean| and standard deviation of the returns: REDQ's |mean|
    alone is near 0 on tasks whose returns have both signs.

    Args:
        rows: (N,) consecutive rows of experience.
        agent: Whose critics are judged.
        gamma: Its discount factor.
        critic_action: Which of each step's actions the critics learn from.
    """
    rows = _finite(rows, critic_action)
    if len(rows) == 0:
        return {}
    obs, next_obs = rows["obs"].copy(), rows["next_obs"].copy()
    actions = learned_action(rows, critic_action).copy()
    policy = agent.try_policy(next_obs)
    if policy is None:
        return {}
    values, next_values = agent.value(obs, actions), agent.value(next_obs, policy.action)
    returns = continued_returns(rows, next_values, policy.entropy_bonus, gamma)
    weight = float(np.mean(1.0 - returns.remainder))
    if weight < LEAST_WEIGHT:
        return {}
    bias = float(np.mean(values - returns.value)) / weight
    q_mean = float(np.mean(values))
    figures = {"q_mean": q_mean, "discounted_return": q_mean - bias, "q_bias": bias}
    scale = max(abs(figures["discounted_return"]), float(np.std(returns.value)))
    return figures | ({"q_bias_relative": bias / scale} if scale > 0.0 else {})


def continued_returns(
    rows: np.ndarray,  # (N,)
    next_values: FloatArray,  # (N,) the critics' word on each step's next state
    entropy_bonus: FloatArray,  # (N,) of the policy there
    gamma: float,
) -> Continued:
    """Return r + gamma (bonus + what follows) backwards, continued where a stretch breaks off."""
    value, remainder = np.zeros(len(rows)), np.zeros(len(rows))
    breaks, is_end = _breaks(rows), rows["terminated"]
    reward = rows["reward"].astype(np.float64)
    for t in range(len(rows) - 1, -1, -1):
        if is_end[t]:
            value[t] = reward[t]
            continue
        follows = float(next_values[t]) if breaks[t] else value[t + 1]
        value[t] = reward[t] + gamma * (float(entropy_bonus[t]) + follows)
        remainder[t] = gamma * (1.0 if breaks[t] else remainder[t + 1])
    return Continued(value, remainder)


def _breaks(rows: np.ndarray) -> np.ndarray:
    """Return (N,) whether the step after a row does not follow from it."""
    is_broken = np.ones(len(rows), bool)
    leads_on = (rows["next_obs"][:-1] == rows["obs"][1:]).all(-1)
    is_broken[:-1] = rows["terminated"][:-1] | rows["truncated"][:-1] | ~leads_on
    return is_broken


def _finite(rows: np.ndarray, critic_action: CriticAction) -> np.ndarray:
    is_whole = np.isfinite(rows["reward"])
    for part in (rows["obs"], rows["next_obs"], learned_action(rows, critic_action)):
        is_whole = is_whole & np.isfinite(part).all(-1)
    return rows[is_whole]
