"""One network from a class that holds an ensemble of them."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class Single(nn.Module):
    """(B, in_dim) to (B, out_dim), as the only member of an ensemble answers."""

    def __init__(self, ensemble: nn.Module) -> None:
        super().__init__()
        self.ensemble: Any = ensemble

    def forward(self, x: Tensor, *options: Any) -> Tensor:
        """Return (B, out_dim); `options` go to the ensemble."""
        out: Tensor = self.ensemble(x, *options)[0]
        return out

    def features(self, x: Tensor) -> Tensor:
        """Return (B, hidden), what the only member's last layer sees."""
        features: Tensor = self.ensemble.features(x)[0]
        return features
