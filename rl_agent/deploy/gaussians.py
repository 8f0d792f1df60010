"""Blending of two policies where it is harmless: in mean and log_std, before the tanh."""

from __future__ import annotations

import numpy as np

from rl_agent.types import FloatArray

from .acting_policy import ActingPolicy, Gaussian

MOST_MEAN = 1e6
MOST_LOG_STD = 20.0
"""exp of it is still an ordinary float32: mean + exp(log_std) * noise stays finite."""
_FLAT = 3.0
"""tanh(3) = 0.995: a fade spends no time on what no action shows."""


def ask(policy: ActingPolicy, obs: FloatArray) -> Gaussian | None:
    """Return what `policy` says of `obs`; None also where a caller could not sample from it."""
    answer = policy.mean_log_std(obs)
    if answer is None:
        return None
    mean, log_std = answer
    # NaN compares as false, so this covers it.
    is_usable = (np.abs(mean) <= MOST_MEAN).all() and (np.abs(log_std) <= MOST_MEAN).all()
    return answer if is_usable and (log_std <= MOST_LOG_STD).all() else None


def mix(old: Gaussian, new: Gaussian, weight: float) -> Gaussian:
    """Return (1 - weight) * old + weight * new, in mean and log_std."""
    mean, log_std = (
        (1.0 - weight) * before + weight * after for before, after in zip(old, new, strict=True)
    )
    return mean, log_std


class Fade:
    """Leads from the last output of a version that is dropped to its predecessor's.

    The dropped version is not asked again: it may be what shakes the robot. What is left of it is
    one constant difference that fades linearly.
    """

    def __init__(self, last: Gaussian, num_ticks: int) -> None:
        """Begin from `last`, the output of the tick before; over after `num_ticks` >= 1."""
        self._last = last
        self._num_ticks = self._left = num_ticks
        self._difference: Gaussian | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing of the difference is left."""
        return self._left <= 0

    def apply(self, acting: Gaussian) -> Gaussian:
        """Return the output of this tick, given what the predecessor says."""
        self._left -= 1
        if self.is_over:
            return acting
        flat = _flattened(acting)
        if self._difference is None:
            last = _flattened(self._last)
            self._difference = (last[0] - flat[0], last[1] - flat[1])
        part = self._left / self._num_ticks
        return flat[0] + part * self._difference[0], flat[1] + part * self._difference[1]


def _flattened(gaussian: Gaussian) -> Gaussian:
    mean, log_std = gaussian
    return np.clip(mean, -_FLAT, _FLAT), np.minimum(log_std, _FLAT)
