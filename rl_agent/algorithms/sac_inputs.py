"""The memory that an update reads: fixed, aligned tensors.

Results of matrix products can depend on alignment, and numpy puts arrays anywhere.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rl_agent.data.batch import Batch

from .sac_config import SacConfig


class SacInputs:
    """One batch and the random numbers for one update."""

    def __init__(self, obs_dim: int, act_dim: int, config: SacConfig) -> None:
        size = config.batch_size
        self.config = config
        self.obs = torch.zeros(size, obs_dim)
        self.action = torch.zeros(size, act_dim)
        self.reward = torch.zeros(size)
        self.discount = torch.zeros(size)
        self.next_obs = torch.zeros(size, obs_dim)
        self.noise = torch.zeros(size, act_dim)
        self.next_noise = torch.zeros(size, act_dim)
        self.q_index = torch.arange(config.num_min_qs)
        self.critic_bits = self._dropout_bits()
        self.target_bits = self._dropout_bits()
        self.actor_bits = self._dropout_bits()

    def load(self, batch: Batch, rng: np.random.Generator) -> None:
        """Copy a batch in and draw the update's random numbers."""
        names = ("obs", "action", "reward", "discount", "next_obs")
        for name in names:
            np.copyto(getattr(self, name).numpy(), getattr(batch, name))
        rng.standard_normal(dtype=np.float32, out=self.next_noise.numpy())
        rng.standard_normal(dtype=np.float32, out=self.noise.numpy())
        if self.config.num_min_qs < self.config.num_qs:
            chosen = rng.permutation(self.config.num_qs)[: self.config.num_min_qs]
            np.copyto(self.q_index.numpy(), chosen)
        for bits in (*self.critic_bits, *self.target_bits, *self.actor_bits):
            _draw_bits(bits, rng)

    def _dropout_bits(self) -> list[Tensor]:
        if self.config.dropout_rate == 0.0:
            return []
        shape = (self.config.num_qs, self.config.batch_size)
        dims = self.config.critic_hidden_dims
        return [torch.zeros(*shape, dim, dtype=torch.int16) for dim in dims]


def _draw_bits(bits: Tensor, rng: np.random.Generator) -> None:
    view = bits.numpy()
    np.copyto(view, np.frombuffer(rng.bytes(view.nbytes), np.int16).reshape(view.shape))
