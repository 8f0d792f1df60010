"""Equations shared by actor-critic algorithms; pure functions of tensors, fit for compilation."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def soft_td_target(
    reward: Tensor,  # (B,)
    discount: Tensor,  # (B,) gamma^n (1 - terminated)
    next_q: Tensor,  # (M, B) of the target critics
    penalty: Tensor,  # (B,) alpha log pi(a'|s')
) -> Tensor:
    """Return (B,): r + discount (min_m Q_m(s', a') - alpha log pi(a'|s'))."""
    return reward + discount * (next_q.amin(0) - penalty)


def ensemble_td_loss(
    q_values: Tensor,  # (E, B)
    target_q: Tensor,  # (B,)
    weight: Tensor | None = None,  # (B,) of each row; None for 1
) -> Tensor:
    """Return the squared error, weighed, averaged over the batch and summed over members.

    The sum gives every member the gradient that it would have alone.
    """
    square = (q_values - target_q).square()
    if weight is not None:
        square = weight * square
    return square.mean(-1).sum()


def quantile_huber_loss(
    quantiles: Tensor,  # (E, B, Q) of each member, at the midpoints of Q equal shares
    target: Tensor,  # (B, K) samples of the distribution to be met
    weight: Tensor | None = None,  # (B,) of each row; None for 1
) -> Tensor:
    """Return the quantile Huber loss, weighed, averaged over batch and pairs, summed over members.

    (Dabney et al. 2018, "Distributional Reinforcement Learning with Quantile Regression", eq. 10,
    with kappa = 1.)
    """
    num_quantiles = quantiles.shape[-1]
    shares = (torch.arange(num_quantiles, device=quantiles.device) + 0.5) / num_quantiles
    with torch.no_grad():
        error = target[None, :, None, :] - quantiles.detach()[..., None]  # (E, B, Q, K)
        bounded = error.clamp(-1.0, 1.0)
        slope = torch.where(error < 0.0, 1.0 - shares[:, None], shares[:, None]) * bounded
        if weight is not None:
            slope = slope * weight[:, None, None]
        value = (slope * (error - 0.5 * bounded)).mean((1, 2, 3)).sum()
        gradient = -slope.mean(-1) / (slope.shape[1] * num_quantiles)
    # The pairs are many: their gradient is written down, and no graph is kept of them.
    carrier = (gradient * quantiles).sum()
    return value + (carrier - carrier.detach())


def truncated(
    atoms: Tensor,  # (E, B, Q)
    num_dropped: int,  # per member
) -> Tensor:
    """Return (B, E (Q - num_dropped)): all members' atoms together without the largest ones.

    (Kuznetsov et al. 2020, "Controlling Overestimation Bias with Truncated Mixture of Continuous
    Distributional Quantile Critics", eq. 7.)
    """
    num_members, size, num_atoms = atoms.shape
    pooled = atoms.transpose(0, 1).reshape(size, num_members * num_atoms).sort(-1).values
    return pooled[:, : num_members * (num_atoms - num_dropped)]


AVERAGE_DECAY = 9.0
"""The average is over about the last tenth of the updates."""


def averaging_rate(num_steps: Tensor, least: float) -> Tensor:
    """Return the Polyak rate of an average after `num_steps` (scalar, at least 1) updates.

    (d + 1) / (t + d), which is polynomial-decay averaging (Shamir & Zhang 2013): the first weights
    are forgotten at once, and the longer a training goes on, the longer is the average; until the
    rate is down at `least`.
    """
    return ((AVERAGE_DECAY + 1.0) / (num_steps + AVERAGE_DECAY)).clamp_min(least)


def polyak_(targets: Iterable[Tensor], sources: Iterable[Tensor], tau: float | Tensor) -> None:
    """Move targets in place: target <- target + tau (source - target)."""
    for target, source in zip(targets, sources, strict=True):
        target.lerp_(source, tau)
