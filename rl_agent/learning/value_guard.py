"""Do the critics believe in returns that cannot be? A sign of divergence long before a NaN.

No policy can earn more than r_max / (1 - gamma), r_max being the largest reward met, and what a
max-entropy critic adds for the entropy, alpha |H| / (1 - gamma). Function approximation,
bootstrapping and off-policy data together may drive critics far beyond it: the deadly triad (Sutton
and Barto, "Reinforcement Learning", 2nd edition, section 11.3; van Hasselt et al. 2018, "Deep
Reinforcement Learning and the Deadly Triad", whose soft divergence this is).
"""

from __future__ import annotations

from collections.abc import Mapping

EXCESS = 10.0
"""Times the bound. Young critics pass it by a little, for a while."""
PATIENCE = 3
"""Reports in a row."""
LEAST_REWARDS = 1000
"""Fewer do not tell yet how large rewards are."""


class ValueGuard:
    """Compares the critics' mean with the bound, report by report."""

    def __init__(self, gamma: float) -> None:
        """Know the discount factor, in [0, 1)."""
        self._horizon = 1.0 / (1.0 - gamma)
        self._largest = 0.0
        self._num_rewards = 0
        self._num_beyond = 0

    @property
    def is_suspicious(self) -> bool:
        """Whether the last report was beyond the bound."""
        return self._num_beyond > 0

    def note_reward(self, reward: float) -> None:
        """Take a finite reward into account."""
        self._largest = max(self._largest, abs(reward))
        self._num_rewards += 1

    def judge(self, metrics: Mapping[str, float]) -> str:
        """Return what is wrong, in a sentence, or nothing.

        Args:
            metrics: An agent's: `q_mean`, and where it has them `alpha` and `entropy`.
        """
        q_mean = metrics.get("q_mean")
        if q_mean is None or self._num_rewards < LEAST_REWARDS:
            return ""
        entropy = metrics.get("alpha", 0.0) * abs(metrics.get("entropy", 0.0))
        bound = (self._largest + entropy) * self._horizon
        is_beyond = bound > 0.0 and not abs(q_mean) <= EXCESS * bound
        self._num_beyond = self._num_beyond + 1 if is_beyond else 0
        if self._num_beyond < PATIENCE:
            return ""
        return (
            f"the critics expect {q_mean:.3g} on average, where no rewards met so far could add up"
            f" to more than {bound:.3g}"
        )
