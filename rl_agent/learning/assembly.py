"""Agent and replay of a run, from its settings: the same whoever acts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rl_agent.algorithms.agent import Agent
from rl_agent.algorithms.registry import make_agent
from rl_agent.bonuses.registry import with_bonus
from rl_agent.data.replay import Replay
from rl_agent.deploy.run_contract import keep_contract
from rl_agent.exceptions import Problem, ProblemsError

from .config import TrainConfig
from .env_adapter import EnvAdapter
from .replay_setup import make_replay


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


def _use_weights(config: TrainConfig, agent: Agent) -> None:
    try:
        agent.use_weights()
    except ValueError as error:
        problem = Problem("replay.priority_exponent", f"{error}; set it to 0")
        raise ProblemsError(config.algo, [problem]) from error
