"""Agent and replay of a run, from its settings: the same whoever acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rl_agent.algorithms.agent import Agent
from rl_agent.algorithms.agent_config import DEFAULT_GAMMA
from rl_agent.algorithms.registry import make_agent
from rl_agent.bonuses.registry import with_bonus
from rl_agent.data.replay import Replay
from rl_agent.deploy.run_contract import keep_contract
from rl_agent.exceptions import Problem, ProblemsError

from .config import TrainConfig
from .env_adapter import EnvAdapter
from .replay_setup import make_replay, resolve_replay
from .schedule import UpdateSchedule


def resolve_config(config: TrainConfig, env: EnvAdapter) -> TrainConfig:
    """Return settings that leave nothing to be guessed when the run is resumed."""
    return resolve_replay(_resolve_decay(_resolve_gamma(config, env)))


def num_planned(config: TrainConfig) -> int:
    """Return the gradient steps of a whole run."""
    schedule = UpdateSchedule(
        learning_starts=config.learning_starts, utd_ratio=config.agent.utd_ratio
    )
    return schedule.num_planned(config.num_steps)


def build_agent(config: TrainConfig, env: EnvAdapter) -> Agent:
    """Return a fresh agent.

    Raises:
        ProblemsError: The algorithm can't do what the settings ask for.
    """
    layout = env.layout
    agent = make_agent(config.algo, layout.obs_dim, layout.act_dim, config.agent, config.seed)
    if config.replay.is_prioritized:
        _use_weights(config, agent)
    return agent


def build_replay(
    config: TrainConfig,
    env: EnvAdapter,
    run_dir: Path,
    agent: Agent,
    on_message: Callable[[str], None],
) -> Replay:
    """Return an empty replay, with bonuses and demonstrations where the settings ask for them.

    Raises:
        ProblemsError: The settings do not fit the environment, the disk or the demonstrations.
    """
    return with_bonus(
        make_replay(config, env, run_dir, on_message),
        config.bonus,
        agent.actor.normalizer,
        obs_dim=env.layout.obs_dim,
        act_dim=env.layout.act_dim,
        seed=config.seed,
    )


def keep_twin_contract(run_dir: Path, env: EnvAdapter) -> None:
    """Note what a twin's policy is trained for: an export under another profile is then refused.

    Raises:
        SurefootError: Robot or task changed since the run began.
    """
    if env.is_twin:
        twin = env.env.unwrapped
        keep_contract(run_dir, twin.robot, twin.task)


def _resolve_gamma(config: TrainConfig, env: EnvAdapter) -> TrainConfig:
    if config.agent.gamma is not None:
        return config
    gamma = DEFAULT_GAMMA if env.gamma is None else env.gamma
    return replace(config, agent=replace(config.agent, gamma=gamma))


def _resolve_decay(config: TrainConfig) -> TrainConfig:
    """Return settings whose learning rates reach their end with the run."""
    if config.agent.decay_updates is not None or config.agent.learning_rate_end == 1.0:
        return config
    decay_updates = max(1, num_planned(config))
    return replace(config, agent=replace(config.agent, decay_updates=decay_updates))


def _use_weights(config: TrainConfig, agent: Agent) -> None:
    try:
        agent.use_weights()
    except ValueError as error:
        problem = Problem("replay.priority_exponent", f"{error}; set it to 0")
        raise ProblemsError(config.algo, [problem]) from error
