"""Which hidden units have stopped answering, in any network whose units are ReLUs.

(Sokar et al., "The Dormant Neuron Phenomenon in Deep Reinforcement Learning", 2023,
arXiv:2302.12902, definition 3.1.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

DORMANT = 0.025
"""Tau of the paper: a unit with less than this share of its layer's average is dormant."""
_RELUS: tuple[Callable[..., Any], ...] = (torch.relu, Tensor.relu, torch.nn.functional.relu)


class ReluRecorder(TorchFunctionMode):
    """Within it, every ReLU's output is kept: no network needs to know that it is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.activations: list[Tensor] = []
        """(B, D), or (E, B, D) for an ensemble, per layer in the order in which they came."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call through, and keep what a ReLU gave."""
        out = func(*args, **(kwargs or {}))
        if func in _RELUS:
            self.activations.append(out)
        return out


def unit_scores(
    activation: Tensor,  # (..., B, D)
) -> Tensor:
    """Return (..., D), each unit's mean |activation| over the batch, relative to its layer's."""
    size = activation.abs().mean(-2)
    layer = size.mean(-1, keepdim=True)
    # A layer that is all silent would be 0 / 0: its units are dead.
    return torch.where(layer > 0.0, size / layer, 0.0)


def dormant_share(activations: Sequence[Tensor], tau: float) -> float:
    """Return the share of all units whose score is at most `tau`; each member counts its own.

    Args:
        activations: At least one, of `ReluRecorder`.
        tau: `DORMANT`, or 0 for units that never answered in the batch.
    """
    scores = torch.cat([unit_scores(activation).flatten() for activation in activations])
    return float((scores <= tau).float().mean())
