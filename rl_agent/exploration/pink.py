"""Pink noise: power 1/f, between forgetting at once and drifting.

(Eberhard et al., "Pink Noise Is All You Need: Colored Noise Exploration in Deep Reinforcement
Learning", 2023; sequences after Timmer & König, "On generating power law noise", 1995.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rl_agent.types import FloatArray

from .noise import NO_FEATURES, Noise


def colored_sequence(
    num_steps: int, dim: int, exponent: float, rng: np.random.Generator
) -> FloatArray:
    """Return (num_steps, dim) of power f^-exponent: 0 is white, 1 pink, 2 red.

    Each step has standard deviation 1 over all sequences; within one, the mean need not be 0.

    Args:
        num_steps: At least 2.
        dim: Independent components.
        exponent: The paper's beta.
        rng: Where it is drawn from.
    """
    frequency = np.fft.rfftfreq(num_steps)
    # The constant part would be infinite: it gets the power of the slowest wave.
    frequency[0] = frequency[1]
    scale = frequency ** (-0.5 * exponent)
    real, imaginary = rng.standard_normal((2, len(scale), dim))
    # A wave has two independent parts. The constant one, and of an even number of steps the
    # fastest, have one, which gets the power of both.
    is_single = (np.arange(len(scale)) * 2) % num_steps == 0
    spectrum = np.where(is_single[:, None], math.sqrt(2.0) * real, real + 1j * imaginary)
    # From the inverse transform: single parts count once, pairs twice.
    variance = (scale**2 * np.where(is_single, 2.0, 4.0)).sum() / num_steps**2
    sequence = np.fft.irfft(scale[:, None] * spectrum, num_steps, axis=0) / math.sqrt(variance)
    return sequence.astype(np.float32)


class PinkNoise(Noise):
    """One sequence per episode; a longer episode gets another one."""

    def __init__(self, dim: int, rng: np.random.Generator, *, horizon: int) -> None:
        """Make a process of sequences of `horizon` >= 2 steps, best as long as an episode."""
        super().__init__(dim, rng)
        self._horizon = horizon
        self._nothing = np.zeros((0, dim), np.float32)
        self._sequence, self._position = self._nothing, 0

    def sample(self, features: FloatArray = NO_FEATURES) -> FloatArray:
        """Return (dim,), the next step's."""
        if self._position == len(self._sequence):
            self._sequence = colored_sequence(self._horizon, self.dim, 1.0, self.rng)
            self._position = 0
        self._position += 1
        return self._sequence[self._position - 1]

    def get_state(self) -> dict[str, Any]:
        """Return the sequence and the place in it."""
        if not len(self._sequence):
            return {}
        return {"sequence": self._sequence.copy(), "position": self._position}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken; begin an episode if it is empty."""
        self._sequence = state.get("sequence", self._nothing).copy()
        self._position = int(state.get("position", 0))
