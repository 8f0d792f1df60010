"""When messages came: intervals and latencies from receive times, all on one clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import Array

LATE_FACTOR = 1.5
"""An interval longer than this many periods counts as late."""

Nanoseconds = NDArray[np.int64]


@dataclass(frozen=True)
class IntervalStatistics:
    """How evenly a periodic message came."""

    num_intervals: int
    late_share: float
    """Share of the intervals that were longer than 1.5 periods, in [0, 1]."""
    median_s: float
    p99_s: float
    longest_s: float


def interval_statistics(times_s: Array, period_s: float) -> IntervalStatistics:
    """Judge receive times (N,) [s] against the period they should have.

    A lost message makes one long interval, so losses count as lateness.
    """
    if len(times_s) < 2:
        raise ValueError(f"expected two receive times or more, got {len(times_s)}")
    intervals = np.diff(np.asarray(times_s, dtype=np.float64))
    return IntervalStatistics(
        num_intervals=len(intervals),
        late_share=float(np.mean(intervals > LATE_FACTOR * period_s)),
        median_s=float(np.median(intervals)),
        p99_s=float(np.quantile(intervals, 0.99)),
        longest_s=float(intervals.max()),
    )


@dataclass(frozen=True)
class Arrivals:
    """One topic as a recorder saw it."""

    stamps_ns: Nanoseconds
    """(N,) source stamp in each message's header, exact: stamps are what messages are joined on."""
    received_s: Array
    """(N,) the recorder's clock [s]."""


def answer_latencies(questions: Arrivals, answers: Arrivals) -> Array:
    """Return (M,) [s]: from a message's arrival to the first answer that carries its stamp.

    Questions without an answer and answers to unseen questions are left out; M tells how many
    were joined. The result is in the order of the stamps.
    """
    asked, first_asked = np.unique(questions.stamps_ns, return_index=True)
    answered, first_answered = np.unique(answers.stamps_ns, return_index=True)
    _, i, j = np.intersect1d(asked, answered, assume_unique=True, return_indices=True)
    return np.asarray(
        answers.received_s[first_answered[j]] - questions.received_s[first_asked[i]],
        dtype=np.float64,
    )
