"""Settings that leave nothing to be guessed when a run is gone on with. Torch-free."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

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


def keep_resolved(config: TrainConfig, begun: TrainConfig) -> TrainConfig:
    """Return settings where what they leave open is as when the run began.

    A run that is made longer keeps its schedules: a learning rate that fell does not rise again.
    """
    agent, replay = config.agent, config.replay
    if agent.gamma is None:
        agent = replace(agent, gamma=begun.agent.gamma)
    if agent.decay_updates is None:
        agent = replace(agent, decay_updates=begun.agent.decay_updates)
    if replay.importance_steps is None:
        replay = replace(replay, importance_steps=begun.replay.importance_steps)
    return replace(config, agent=agent, replay=replay)


def schedule_end(asked: TrainConfig, own: TrainConfig) -> int | None:
    """Return the step by which a run's schedules ended; None where they last as long as the run.

    Args:
        asked: Settings that leave schedules open, or state them: then they are as wanted.
        own: The run's, resolved when it began, perhaps for fewer steps.
    """
    is_open = asked.agent.decay_updates is None, asked.replay.importance_steps is None
    num_updates, num_steps = own.agent.decay_updates, own.replay.importance_steps
    if is_open[0] and num_updates is not None and num_updates < num_planned(own):
        return own.learning_starts + ceil(num_updates / own.agent.utd_ratio)
    is_shorter = num_steps is not None and num_steps < own.num_steps
    return num_steps if own.replay.is_prioritized and is_open[1] and is_shorter else None


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
