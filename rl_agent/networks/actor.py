"""What every policy network is to the rest: raw observation in, mean and log_std out."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from .normalizer import Normalizer


class Actor(nn.Module):
    """Mean and log_std *before* squashing; the deterministic action is tanh(mean)."""

    obs_dim: int
    act_dim: int
    normalizer: Normalizer
    """Inside, so that an exported policy cannot lose it."""
    trunk: nn.Module
    """What is learned."""

    @abstractmethod
    def forward(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log_std, (B, act_dim) each, of raw observations (B, obs_dim)."""
