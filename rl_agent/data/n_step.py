"""Returns over up to n steps that never cross an episode's end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import FloatArray


class NStepReturn(NamedTuple):
    """What a critic's target needs, per window."""

    reward: FloatArray  # (B,) sum over the m steps used of gamma^k r_k
    discount: FloatArray  # (B,) gamma^m, or 0 where the last step used terminated
    last: NDArray[np.intp]  # (B,) index m - 1 of the last step used


def n_step_return(
    reward: FloatArray,  # (B, n)
    terminated: NDArray[np.bool_],  # (B, n)
    is_end: NDArray[np.bool_],  # (B, n) whether nothing may be used after this step
    gamma: float,
) -> NStepReturn:
    """Sum each window up to and including its first end or termination.

    A time limit ends a window but keeps its discount: the critic goes on from `next_obs`. A
    termination sets it to 0.
    """
    size, num_steps = reward.shape
    stops = is_end | terminated
    stops[:, -1] = True
    last = stops.argmax(axis=1)
    powers = gamma ** np.arange(num_steps + 1)
    is_used = np.arange(num_steps) <= last[:, None]
    total = (reward * powers[:-1] * is_used).sum(axis=1)
    has_terminated = terminated[np.arange(size), last]
    discount = np.where(has_terminated, 0.0, powers[last + 1])
    return NStepReturn(total.astype(np.float32), discount.astype(np.float32), last)
