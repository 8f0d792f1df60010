"""What every policy network is to the rest: raw observation in, mean and log_std out."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch import Tensor, nn

from .normalizer import Normalizer


class Actor(nn.Module):
    """Mean and log_std *before* squashing; the deterministic action is tanh(mean).

    Takes raw observations: the normaliser is inside, so an exported policy cannot lose it.
    """

    def __init__(
        self, obs_dim: int, act_dim: int, trunk: nn.Module, *, normalize_obs: bool = True
    ) -> None:
        """Build it on a trunk from (B, obs_dim), which is what is learned."""
        super().__init__()
        self.obs_dim, self.act_dim = obs_dim, act_dim
        self.normalizer = Normalizer(obs_dim, is_enabled=normalize_obs)
        self.trunk = trunk

    @abstractmethod
    def forward(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log_std, (B, act_dim) each, of raw observations (B, obs_dim)."""

    def features(self, obs: Tensor) -> Tensor:
        """Return (B, F), what the trunk's last layer sees of raw observations (B, obs_dim).

        Raises:
            ValueError: The trunk does not tell.
        """
        features_of: Any = getattr(self.trunk, "features", None)
        if features_of is None:
            raise ValueError(f"{type(self.trunk).__name__} does not tell what its last layer sees")
        features: Tensor = features_of(self.normalizer(obs))
        return features
