"""Equations shared by actor-critic algorithms; pure functions of tensors, fit for compilation."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor


def soft_td_target(
    reward: Tensor,  # (B,)
    discount: Tensor,  # (B,) gamma^n (1 - terminated)
    next_q: Tensor,  # (M, B) of the target critics
    next_log_prob: Tensor,  # (B,)
    alpha: Tensor,  # ()
) -> Tensor:
    """Return (B,): r + discount (min_m Q_m(s', a') - alpha log pi(a'|s'))."""
    return reward + discount * (next_q.amin(0) - alpha * next_log_prob)


def ensemble_td_loss(
    q_values: Tensor,  # (E, B)
    target_q: Tensor,  # (B,)
) -> Tensor:
    """Return the squared error, averaged over the batch and summed over members.

    The sum gives every member the gradient that it would have alone.
    """
    return (q_values - target_q).square().mean(-1).sum()


def polyak_(targets: Iterable[Tensor], sources: Iterable[Tensor], tau: float) -> None:
    """Move targets in place: target <- target + tau (source - target)."""
    for target, source in zip(targets, sources, strict=True):
        target.lerp_(source, tau)
