"""Returns as probabilities of fixed values, the atoms: C51's critics, for any algorithm.

(Bellemare et al., "A Distributional Perspective on Reinforcement Learning", 2017.)
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


class CategoricalSupport:
    """`num_atoms` values at equal distances in [lower, upper]."""

    def __init__(self, lower: float, upper: float, num_atoms: int) -> None:
        """Build it.

        Args:
            lower: Least atom; finite.
            upper: Largest atom, above `lower`.
            num_atoms: At least 2.

        Raises:
            ValueError: There are no two different atoms.
        """
        if not lower < upper or num_atoms < 2:
            message = f"expected lower < upper and 2 atoms, got {lower}, {upper} and {num_atoms}"
            raise ValueError(message)
        self.lower, self.upper, self.num_atoms = lower, upper, num_atoms
        self.atoms = torch.linspace(lower, upper, num_atoms)  # (A,)
        self.spacing = (upper - lower) / (num_atoms - 1)

    def mean(
        self,
        probabilities: Tensor,  # (..., A)
    ) -> Tensor:
        """Return (...), the expected value."""
        return (probabilities * self.atoms).sum(-1)

    def value(
        self,
        logits: Tensor,  # (..., A)
    ) -> Tensor:
        """Return (...), the expected value of a critic's output."""
        return self.mean(torch.softmax(logits, -1))

    def project(
        self,
        values: Tensor,  # (B, K)
        probabilities: Tensor,  # (B, K) of these values
    ) -> Tensor:
        """Return (B, A), each value's probability shared between its two neighbouring atoms.

        Algorithm 1 of the paper; what lies outside goes to the outermost atom, and inside the
        mean is kept. Both arguments are constants to a loss: no gradient is meant to pass.
        """
        position = (values.clamp(self.lower, self.upper) - self.lower) / self.spacing
        # The last atom is the upper neighbour of the last gap: there is no gap behind it.
        left = position.floor().clamp(0.0, self.num_atoms - 2.0)
        share = (position - left).clamp(0.0, 1.0)
        index = left.long()
        shape = (*values.shape[:-1], self.num_atoms)
        projected = torch.zeros(shape, dtype=probabilities.dtype, device=probabilities.device)
        projected = projected.scatter_add(-1, index, probabilities * (1.0 - share))
        return projected.scatter_add(-1, index + 1, probabilities * share)

    def two_hot(
        self,
        values: Tensor,  # (B,)
    ) -> Tensor:
        """Return (B, A), certainty of one value each."""
        return self.project(values[:, None], torch.ones_like(values)[:, None])


def cross_entropy(
    logits: Tensor,  # (E, B, A)
    target: Tensor,  # (B, A) probabilities
) -> Tensor:
    """Return -sum_a target log p, averaged over the batch and summed over members."""
    return -(target * functional.log_softmax(logits, -1)).sum(-1).mean(-1).sum()


def least_of(
    probabilities: Tensor,  # (E, B, A)
    values: Tensor,  # (E, B) their expected values
) -> Tensor:
    """Return (B, A), per row the distribution of the member that expects least."""
    index = values.argmin(0)[None, :, None].expand(1, -1, probabilities.shape[-1])
    return probabilities.gather(0, index).squeeze(0)
