"""Bonuses by name."""

from __future__ import annotations

import numpy as np
import torch

from rl_agent.data.replay import Replay

from .bonus import Bonus, Normalize
from .bonus_config import BonusConfig
from .bonus_replay import BonusReplay
from .count import CountBonus
from .disagreement import DisagreementBonus
from .rnd import RndBonus

_STREAM = 4
"""Of the run's seed; the learner has the ones below."""


def with_bonus(
    replay: Replay,
    config: BonusConfig,
    normalize: Normalize,
    *,
    obs_dim: int,
    act_dim: int,
    seed: int,
) -> Replay:
    """Return `replay`, with rewards raised where the settings say so."""
    if not config.is_enabled:
        return replay
    rng = np.random.default_rng([seed, _STREAM])
    return BonusReplay(replay, make_bonus(config, normalize, obs_dim, act_dim, rng), config)


def make_bonus(
    config: BonusConfig,
    normalize: Normalize,
    obs_dim: int,
    act_dim: int,
    rng: np.random.Generator,
) -> Bonus:
    """Return one that knows nothing yet; the same generator gives the same one."""
    if config.kind == "count":
        return CountBonus(normalize, obs_dim, config.num_bits, rng)
    generator = torch.Generator().manual_seed(int(rng.integers(1 << 63)))
    if config.kind == "rnd":
        return RndBonus(normalize, obs_dim, config, generator)
    return DisagreementBonus(normalize, obs_dim, act_dim, config, generator)
