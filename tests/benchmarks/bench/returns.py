"""Whole episodes with given seeds: what a policy earns, and how often the gate stepped in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rl_agent.types import FloatArray, Reason, SafetyState

Act = Callable[[FloatArray], FloatArray]


@dataclass
class Earned:
    """What all episodes came to."""

    returns: list[float] = field(default_factory=list)
    num_steps: int = 0
    num_successes: int = 0
    """Episodes that ended at the goal."""
    num_stops: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Steps with each reason."""
    num_changed: int = 0
    """Steps with any."""

    @property
    def mean(self) -> float:
        """Mean return of an episode."""
        return float(np.mean(self.returns))

    def words(self) -> str:
        """Return the figures in words."""
        shares = ", ".join(
            f"{name.lower()} {100 * count / self.num_steps:.2f} %"
            for name, count in sorted(self.reasons.items())
        )
        changed = 100 * self.num_changed / self.num_steps
        return (
            f"R {self.mean:.3f}, {self.num_successes} of {len(self.returns)} at the goal,"
            f" changed in {changed:.2f} % of steps ({shares or 'never'})"
        )


def run_episodes(env: Any, act: Act, num_episodes: int, seed: int) -> Earned:
    """Run whole episodes; the n-th starts and aims alike whatever acts and whatever limits hold."""
    earned = Earned()
    for number in range(num_episodes):
        obs, _ = env.reset(seed=seed + number)
        total, is_over, info = 0.0, False, dict[str, Any]()
        while not is_over:
            obs, reward, terminated, truncated, info = env.step(act(obs))
            total += float(reward)
            is_over = bool(terminated or truncated)
            earned.num_steps += 1
            names = [str(reason.name) for reason in Reason(info["reasons"])]
            earned.reasons.update(names)
            earned.num_changed += bool(names)
        earned.returns.append(total)
        earned.num_successes += bool(info["is_success"])
        earned.num_stops += info["safety_state"] == SafetyState.STOPPED
    return earned


def random_act(act_dim: int, seed: int) -> Act:
    """Return what chance does."""
    rng = np.random.default_rng(seed)
    return lambda obs: rng.uniform(-1.0, 1.0, act_dim).astype(np.float32)


def kept_share(limited: float, free: float, random: float) -> float:
    """Return how much of what a policy earns above chance is left under limits."""
    return (limited - random) / (free - random)
