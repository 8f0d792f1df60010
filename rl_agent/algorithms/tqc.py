"""TQC: SAC whose critics say how returns are distributed, and do not believe the best of them.

(Kuznetsov et al., "Controlling Overestimation Bias with Truncated Mixture of Continuous
Distributional Quantile Critics", 2020.)
"""

from __future__ import annotations

import torch
from torch import Tensor

from rl_agent.networks.ensemble import EnsembleMlp

from .quantile_critic import QuantileActorCritic
from .targets import truncated
from .tqc_config import TqcConfig


class Tqc(QuantileActorCritic):
    """Actor, E critics of Q atoms each and their slow copies, temperature."""

    config_class = TqcConfig
    config: TqcConfig

    def make_critic(self, generator: torch.Generator) -> EnsembleMlp:
        """Return `num_qs` critics of (obs, action), with `num_quantiles` atoms each."""
        return self.perceptrons(generator, out_dim=self.config.num_quantiles)

    def believed(self, atoms: Tensor) -> Tensor:
        """Return (B, K), all critics' atoms together but for the largest ones."""
        return truncated(atoms, self.config.num_dropped)
