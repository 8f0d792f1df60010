"""A value as a distribution over fixed bins.

(Bellemare et al., "A Distributional Perspective on Reinforcement Learning", 2017.)
"""

from __future__ import annotations

import torch
from torch import Tensor


def project_categorical(
    probabilities: Tensor,  # (B, K)
    atoms: Tensor,  # (B, K) where they lie
    limit: float,
) -> Tensor:
    """Return (B, K), the same distribution on K even bins from -limit to limit (eq. 7).

    Each atom is clipped to the range and shared by its two neighbours, so that the mean stays.
    """
    num_bins = atoms.shape[-1]
    position = (atoms.clamp(-limit, limit) + limit) * ((num_bins - 1) / (2.0 * limit))
    position = position.clamp(0.0, num_bins - 1.0)  # rounding may put the last one beyond
    below = position.floor()
    above_share = position - below
    index = below.long()
    projected = torch.zeros_like(probabilities)
    projected = projected.scatter_add(1, index, probabilities * (1.0 - above_share))
    index_above = (index + 1).clamp_max(num_bins - 1)
    return projected.scatter_add(1, index_above, probabilities * above_share)


def cross_entropy(
    logits: Tensor,  # (E, B, K) of each member
    target: Tensor,  # (B, K) probabilities
) -> Tensor:
    """Return the cross entropy, averaged over the batch and summed over members."""
    return -(target * logits.log_softmax(-1)).sum(-1).mean(-1).sum()


def least_expected(
    logits: Tensor,  # (E, B, K)
    bins: Tensor,  # (K,)
) -> Tensor:
    """Return (B, K), for each row the distribution of the member that expects least."""
    probabilities = logits.softmax(-1)
    index = (probabilities @ bins).argmin(0)
    return probabilities.gather(0, index[None, :, None].expand_as(probabilities[:1]))[0]
