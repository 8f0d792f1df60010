"""Networks begin again, and learn anew from all that was experienced.

(Nikishin et al., "The Primacy Bias in Deep Reinforcement Learning", 2022; all layers, as in BRO.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from .actor_critic import ActorCritic


@torch.no_grad()
def reset_agent_(agent: ActorCritic, rng: np.random.Generator) -> None:
    """Give all networks fresh weights in place, and forget the optimisers' moments.

    Kept are the observations' statistics, the counter (learning rates go on falling) and the
    generators. Weights come from `rng`: as its state is saved with the agent, a resumed run resets
    to the same ones.
    """
    generator = torch.Generator().manual_seed(int(rng.integers(1 << 63)))
    actor, critic = agent.make_actor(generator), agent.make_critic(generator)
    for own in (agent.actor, agent.online_actor):
        copy_parameters_(own, actor)
    for own_critic in (agent.critic, agent.target_critic):
        if own_critic is not None:
            copy_parameters_(own_critic, critic)
    for optimiser in agent.optimisers().values():
        optimiser.reset()


def copy_parameters_(target: nn.Module, source: nn.Module) -> None:
    """Copy parameters in place, so that optimisers and compiled graphs go on with them."""
    for own, fresh in zip(target.parameters(), source.parameters(), strict=True):
        own.copy_(fresh)
