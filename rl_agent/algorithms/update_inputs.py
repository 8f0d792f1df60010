"""The memory that an update reads: fixed, aligned tensors.

Results of matrix products can depend on alignment, and numpy puts arrays anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from rl_agent.data.batch import Batch
from rl_agent.networks.dropout import draw_kept

from .agent_config import AgentConfig


class UpdateInputs:
    """One batch and the random numbers for one update."""

    def __init__(self, obs_dim: int, act_dim: int, config: AgentConfig) -> None:
        size = config.batch_size
        self.obs = torch.zeros(size, obs_dim)
        self.action = torch.zeros(size, act_dim)
        self.reward = torch.zeros(size)
        self.discount = torch.zeros(size)
        self.next_obs = torch.zeros(size, obs_dim)
        self.noise = torch.zeros(size, act_dim)
        self.next_noise = torch.zeros(size, act_dim)
        self.weight: torch.Tensor | None = None
        """(B,), or None where all rows count alike: that costs nothing."""

    def use_weights(self) -> None:
        """Take weights from now on; a batch without any counts as 1 each."""
        self.weight = torch.ones_like(self.reward)

    def load(self, batch: Batch, rng: np.random.Generator) -> None:
        """Copy a batch in and draw the update's random numbers.

        Raises:
            ValueError: The batch has weights, and nobody said that they are used.
        """
        if self.weight is not None:
            np.copyto(self.weight.numpy(), 1.0 if batch.weight is None else batch.weight)
        elif batch.weight is not None:
            raise ValueError("the batch has weights; call use_weights first")
        for name in ("obs", "action", "reward", "discount", "next_obs"):
            np.copyto(getattr(self, name).numpy(), getattr(batch, name))
        rng.standard_normal(dtype=np.float32, out=self.next_noise.numpy())
        rng.standard_normal(dtype=np.float32, out=self.noise.numpy())


class EnsembleDraws:
    """Which critics a target looks at, and which units are dropped."""

    def __init__(
        self,
        num_qs: int,
        num_min_qs: int,
        hidden_dims: Sequence[int],
        *,
        batch_size: int,
        dropout_rate: float,
    ) -> None:
        self._num_qs, self._num_min_qs = num_qs, num_min_qs
        self.q_index = torch.arange(num_min_qs)
        shape = (num_qs, batch_size)
        self._dropout_rate = dropout_rate
        dims = hidden_dims if dropout_rate > 0.0 else ()
        self.critic_kept, self.target_kept, self.actor_kept = (
            [torch.ones(*shape, dim, dtype=torch.bool) for dim in dims] for _ in range(3)
        )

    def draw(self, rng: np.random.Generator) -> None:
        """Draw afresh."""
        if self._num_min_qs < self._num_qs:
            chosen = rng.permutation(self._num_qs)[: self._num_min_qs]
            np.copyto(self.q_index.numpy(), chosen)
        for kept in (*self.critic_kept, *self.target_kept, *self.actor_kept):
            draw_kept(rng, kept, self._dropout_rate)
