"""Settings that leave nothing to be guessed when a run is gone on with. Torch-free."""

from __future__ import annotations

from dataclasses import replace

from rl_agent.algorithms.agent_config import DEFAULT_GAMMA

from .config import TrainConfig
from .replay_setup import resolve_replay
from .schedule import UpdateSchedule


def resolve_config(config: TrainConfig, gamma: float | None) -> TrainConfig:
    """Return settings that leave nothing to be guessed when the run is resumed.

    Args:
        config: As the user gave it.
        gamma: The task's; None where it names none.
    """
    return resolve_replay(_resolve_decay(_resolve_gamma(config, gamma)))


def num_planned(config: TrainConfig) -> int:
    """Return the gradient steps of a whole run."""
    schedule = UpdateSchedule(
        learning_starts=config.learning_starts, utd_ratio=config.agent.utd_ratio
    )
    return schedule.num_planned(config.num_steps)


def _resolve_gamma(config: TrainConfig, gamma: float | None) -> TrainConfig:
    if config.agent.gamma is not None:
        return config
    agent = replace(config.agent, gamma=DEFAULT_GAMMA if gamma is None else gamma)
    return replace(config, agent=agent)


def _resolve_decay(config: TrainConfig) -> TrainConfig:
    """Return settings whose learning rates reach their end with the run."""
    if config.agent.decay_updates is not None or config.agent.learning_rate_end == 1.0:
        return config
    decay_updates = max(1, num_planned(config))
    return replace(config, agent=replace(config.agent, decay_updates=decay_updates))
