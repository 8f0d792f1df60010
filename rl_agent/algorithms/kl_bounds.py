"""MPO's equations: weights of sampled actions, distances between Gaussians, and their prices.

(Abdolmaleki et al., "Maximum a Posteriori Policy Optimisation", 2018, section 3.2 and appendix C.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .adam import Adam
from .compilation import GradientFunction


class GaussianDistance(NamedTuple):
    """KL(target || actor), averaged over the batch, of either part with the other held."""

    mean: Tensor
    std: Tensor


def sample_weights(
    q_values: Tensor,  # (N, B) of N actions drawn per observation
    temperature: Tensor,
) -> Tensor:
    """Return (N, B), softmax of Q / temperature over the samples (eq. 7)."""
    return (q_values / temperature).softmax(0)


def weights_distance(
    weights: Tensor,  # (N, B), each column adding up to 1
) -> Tensor:
    """Return the KL from uniform weights, averaged over the batch."""
    entropy = -(weights * weights.clamp_min(1e-30).log()).sum(0)
    return (math.log(weights.shape[0]) - entropy).mean()


def gaussian_distance(
    target_mean: Tensor,  # (B, act_dim), like all of them
    target_log_std: Tensor,
    mean: Tensor,
    log_std: Tensor,
) -> GaussianDistance:
    """Return both parts of the distance. tanh on both sides changes neither."""
    shift = 0.5 * ((mean - target_mean) / target_log_std.exp()).square()
    change = target_log_std - log_std
    spread = 0.5 * (2.0 * change).exp() - 0.5 - change
    return GaussianDistance(shift.sum(-1).mean(), spread.sum(-1).mean())


class Duals:
    """Positive prices of bounds: they rise while a bound is exceeded and fall while it is not.

    Each minimises price (bound - KL), which is the gradient of eq. 8 for the temperature too.
    """

    def __init__(
        self, initial: Sequence[float], bounds: Sequence[float], learning_rate: float
    ) -> None:
        self.log_values = torch.tensor(initial).log()
        self._bounds = torch.tensor(bounds)
        self.adam = Adam([self.log_values], learning_rate)

    @property
    def values(self) -> Tensor:
        """One per bound."""
        return self.log_values.exp()

    def step(self, gradients_of: GradientFunction, distances: Tensor) -> None:
        """Take one step, given how large what is bounded is."""
        # By hand, as it is short: d/d log v of v (bound - KL) is v (bound - KL).
        gradients_of.step(self.adam, [self.values * (self._bounds - distances)])

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield its state."""
        yield "log_duals", self.log_values
        for name, tensor in self.adam.tensors().items():
            yield f"dual_adam.{name}", tensor
