"""Means, interquartile means and their bootstrap intervals (Agarwal et al. 2021, arXiv:2108.13264).

Few seeds vary much: the middle half of the runs says more than a mean that one run decides, and an
interval says how far to trust it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rl_agent.types import FloatArray

NUM_RESAMPLES = 2000
LEVEL = 0.95
_CUT_SHARE = 0.25

Statistic = Callable[[FloatArray], FloatArray]
"""(..., N) -> (...)"""


@dataclass(frozen=True)
class Interval:
    """Between which two values the statistic lies with probability `LEVEL`."""

    lower: float
    upper: float


def interquartile_mean(
    values: FloatArray,  # (..., N)
) -> FloatArray:
    """Return (...) the mean without the lowest and the highest quarter, each rounded down.

    Below four values nothing is left out, and it is the mean.
    """
    num_cut = int(_CUT_SHARE * values.shape[-1])
    middle = np.sort(values, axis=-1)[..., num_cut : values.shape[-1] - num_cut]
    return np.asarray(middle.mean(axis=-1))


def mean(
    values: FloatArray,  # (..., N)
) -> FloatArray:
    """Return (...) the mean."""
    return np.asarray(values.mean(axis=-1))


def bootstrap_interval(
    groups: Sequence[FloatArray],  # one (N_i,) per task
    statistic: Statistic,
    rng: np.random.Generator,
    num_resamples: int = NUM_RESAMPLES,
) -> Interval | None:
    """Return the percentile interval of a statistic over all groups' values.

    Runs are drawn with replacement within each task and never across tasks (stratified), so that
    each task keeps its share. None where a task has one run alone: it says nothing of others.
    """
    if not groups or any(len(group) < 2 for group in groups):
        return None
    draws = [
        group[rng.integers(0, len(group), size=(num_resamples, len(group)))] for group in groups
    ]
    tail = 50.0 * (1.0 - LEVEL)
    results = statistic(np.concatenate(draws, axis=1))
    lower, upper = np.percentile(results, [tail, 100.0 - tail])
    return Interval(float(lower), float(upper))
