"""A candidate runs beside the policy that acts: it gets the same observations, and does not act."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rl_agent.types import FloatArray

from .bound import Bound
from .manifest import Golden

SATURATED = 0.98
"""|tanh(mean)| beyond this has hardly any slope left: the joint goes as fast as it may."""
SATURATED_BOUND = Bound(most=0.9, ratio=2.0, margin=0.3, step=0.1)
ROUGH_BOUND = Bound(most=0.5, ratio=3.0, margin=0.15, step=0.1)
MIN_GOLDEN_SPREAD = 1e-6
"""Relative to the largest mean: if the means of different golden observations differ by no more,
they are taken for the same number."""


@dataclass(frozen=True, kw_only=True)
class ShadowConfig:
    """When a candidate's shadow run makes it suspicious."""

    num_ticks: int = 20
    """Length of the run [policy ticks]: 1 s at 20 Hz."""
    min_obs_spread: float = 1e-3
    """[observation units] if the observation varied by less, nothing is said about being frozen."""
    frozen_ratio: float = 1e-4
    """A policy is frozen if its mean's range is at most this part of the observation's range. A
    network that acts on what it sees has 0.01 to 10; float32's rounding has 1e-7."""
    saturated: Bound = SATURATED_BOUND
    """Bound on the share of action components beyond `SATURATED`, 0 to 1. Much is allowed, because
    bang-bang control is a good answer to many tasks; but a share that jumps from 0.1 to 0.6 comes
    from wrong scaling, not from learning."""
    growth: float = 2.0
    """>= 1. The incumbent's means are multiplied by this before its saturated components are
    counted, because means may double between two versions of a learner. With one joint, whose share
    is 0 or 1 in each tick, a version that comes to use the whole range would else be refused."""
    rough: Bound = ROUGH_BOUND
    """Bound on the mean |change| of tanh(mean) from tick to tick, 0 to 2. A sine over the whole
    range with a period of 1 s has 0.2 at 20 Hz; independent uniform actions have 0.67."""

    def __post_init__(self) -> None:
        if self.num_ticks < 2:
            raise ValueError(f"expected num_ticks of at least 2, found {self.num_ticks}")
        if not (self.min_obs_spread > 0.0 and self.frozen_ratio > 0.0):
            raise ValueError(f"expected min_obs_spread and frozen_ratio above 0, found {self}")
        if not self.growth >= 1.0:
            raise ValueError(f"expected a growth of at least 1, found {self.growth}")


class ShadowRun:
    """A preview of what the limiter would have to do; kept as sums over ticks, not as a list.

    The incumbent is measured on the same observations, by its own deterministic actions: a robot
    that rests, or is on a long way, does so for both.
    """

    def __init__(self, config: ShadowConfig) -> None:
        self._config = config
        self.num_ticks = 0
        """Ticks seen."""
        self._obs_range = _Range()
        self._mean_range = _Range()
        self._candidate, self._incumbent = _Preview(), _Preview(config.growth)

    def add(self, obs: FloatArray, mean: FloatArray, incumbent_mean: FloatArray | None) -> None:
        """Take in one tick.

        Args:
            obs: (obs_dim,) finite.
            mean: (act_dim,) the candidate's, finite.
            incumbent_mean: (act_dim,) finite, or None where nobody acts.
        """
        self.num_ticks += 1
        self._obs_range.add(obs)
        self._mean_range.add(mean)
        self._candidate.add(mean)
        if incumbent_mean is not None:
            self._incumbent.add(incumbent_mean)

    def statistics(self) -> dict[str, float]:
        """Return what was measured; the incumbent's only if it acted in half of the ticks or more.

        Ranges are those of the component that varied most.
        """
        figures = {
            "obs_range": self._obs_range.widest(),
            "mean_range": self._mean_range.widest(),
            "saturated": self._candidate.saturated,
            "rough": self._candidate.rough,
        }
        if 2 * self._incumbent.num_ticks >= self.num_ticks > 0:
            figures["incumbent_saturated"] = self._incumbent.saturated
            figures["incumbent_rough"] = self._incumbent.rough
        return figures

    def is_frozen(self) -> bool:
        """Tell whether the mean stood still while the observation moved.

        The mean before the tanh: after it a saturated policy stands still without being frozen.
        """
        moved = self._obs_range.widest()
        if moved < self._config.min_obs_spread:
            return False
        return self._mean_range.widest() <= self._config.frozen_ratio * moved

    def objection(self, slack: float = 1.0) -> str:
        """Return why the candidate's way of acting is suspicious; empty where it is not."""
        figures = self.statistics()
        bounds = {"saturated": self._config.saturated, "rough": self._config.rough}
        for name, bound in bounds.items():
            reference = figures.get(f"incumbent_{name}")
            limit = bound.limit(reference, slack)
            if figures[name] > limit:
                usual = "nobody acts" if reference is None else f"the incumbent {reference:.2f}"
                return f"{name}: expected at most {limit:.2f} ({usual}), found {figures[name]:.2f}"
        return ""


def is_constant(golden: Golden) -> bool:
    """Tell whether different golden observations all got the same mean.

    Compares the means in the manifest: they were verified when the policy was loaded.
    """
    obs, mean = np.array(golden.obs), np.array(golden.mean)
    if len(obs) < 2 or not np.ptp(obs, axis=0).any():
        return False
    largest = max(1.0, float(np.abs(mean).max()))
    return float(np.ptp(mean, axis=0).max()) <= MIN_GOLDEN_SPREAD * largest


class _Range:
    """Smallest and largest value of each component."""

    def __init__(self) -> None:
        self._lower: FloatArray | None = None
        self._upper: FloatArray | None = None

    def add(self, values: FloatArray) -> None:
        if self._lower is None or self._upper is None:
            self._lower, self._upper = values.copy(), values.copy()
        else:
            np.minimum(self._lower, values, out=self._lower)
            np.maximum(self._upper, values, out=self._upper)

    def widest(self) -> float:
        """Return the largest range of a component."""
        if self._lower is None or self._upper is None:
            return 0.0
        return float(np.max(self._upper - self._lower))


class _Preview:
    """How saturated and how rough deterministic actions were."""

    def __init__(self, growth: float = 1.0) -> None:
        self._flat_mean = math.atanh(SATURATED) / growth
        self.num_ticks = 0
        self._saturated = self._change = 0.0
        self._previous: FloatArray | None = None

    @property
    def saturated(self) -> float:
        """Mean share of saturated components."""
        return self._saturated / max(self.num_ticks, 1)

    @property
    def rough(self) -> float:
        """Mean |change| per tick and component."""
        return self._change / max(self.num_ticks - 1, 1)

    def add(self, mean: FloatArray) -> None:
        action = np.tanh(mean)
        self.num_ticks += 1
        self._saturated += float(np.mean(np.abs(mean) > self._flat_mean))
        if self._previous is not None:
            self._change += float(np.mean(np.abs(action - self._previous)))
        self._previous = action
