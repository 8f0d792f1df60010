"""Open a training run: its policy as a torch module, with the twin that it was trained in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from rl_agent.algorithms.registry import make_agent
from rl_agent.data.journal_segment import Header, scan_segment, segment_paths
from rl_agent.deploy.manifest import Training
from rl_agent.deploy.run_contract import check_run_contract
from rl_agent.exceptions import CheckpointError, EnvironmentNotSupportedError, JournalError
from rl_agent.learning.checkpoint import BEST, Checkpoint, checkpoints_dir, load_checkpoint
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.env_adapter import EnvAdapter, make_env
from rl_agent.learning.run_folder import CONFIG_FILE, journal_dir, read_config
from rl_agent.learning.twin_evaluation import Act
from rl_agent.robots.profile import read_yaml
from rl_agent.types import FloatArray

MAX_SAMPLES = 1000
NEWEST = "newest"
_ACTOR = "actor."


@dataclass(frozen=True, kw_only=True)
class TrainedPolicy:
    """A policy as training left it."""

    module: nn.Module
    """obs (B, obs_dim) -> mean, log_std (B, act_dim); the normaliser is inside."""
    env: Any
    """The twin's environment; `env.unwrapped` has robot, task and builder."""
    task_name: str
    training: Training
    samples: FloatArray | None
    """(N, obs_dim) observations of the run's end; None without a journal."""


@contextmanager
def open_run(
    run_dir: Path,
    *,
    which: str | None = None,
    robot: str | None = None,
    on_message: Callable[[str], None] = lambda message: None,
) -> Iterator[TrainedPolicy]:
    """Open a run's policy; closes its environment at the end.

    Args:
        run_dir: The run's folder.
        which: "best" or "newest"; None takes the best where there is one.
        robot: Profile's name or file in place of the one that the run names.
        on_message: Is told which checkpoint is damaged, and which is taken instead.

    Raises:
        SurefootError: There is no run or no whole checkpoint, it was no robot's twin, or the robot
            changed since.
    """
    config = read_config(run_dir)
    # More threads than cores that are free cost nearly all speed; the run knows its number.
    torch.set_num_threads(config.agent.num_threads)
    options = config.env_options | ({"robot": robot} if robot else {})
    adapter = make_env(config.env, options)
    try:
        task_name = _task_name(adapter, config.env)
        check_run_contract(run_dir, adapter.env.unwrapped.robot, adapter.env.unwrapped.task)
        checkpoint = load_checkpoint(run_dir, which or _default_checkpoint(run_dir), on_message)
        yield TrainedPolicy(
            module=_load_actor(config, adapter, checkpoint),
            env=adapter.env,
            task_name=task_name,
            training=_training(run_dir, config, checkpoint),
            samples=_last_observations(run_dir),
        )
    finally:
        adapter.close()


def torch_act(module: nn.Module) -> Act:
    """Return the deterministic policy tanh(mean) of a module, one observation at a time."""
    module.eval()

    @torch.no_grad()
    def act(obs: FloatArray) -> FloatArray:
        mean, _ = module(torch.from_numpy(obs[None]))
        action: FloatArray = torch.tanh(mean)[0].numpy()
        return action

    return act


def _default_checkpoint(run_dir: Path) -> str:
    return BEST if (checkpoints_dir(run_dir) / BEST).is_dir() else NEWEST


def _task_name(adapter: EnvAdapter, env_id: str) -> str:
    env = adapter.env
    name = env.spec.kwargs.get("task") if env.spec is not None else None
    if adapter.task is None or not isinstance(name, str):
        message = "is no robot's twin; only policies of twins can be exported and tried"
        raise EnvironmentNotSupportedError(f"{env_id}: {message}")
    return name


def _load_actor(config: TrainConfig, adapter: EnvAdapter, checkpoint: Checkpoint) -> nn.Module:
    layout = adapter.layout
    agent = make_agent(config.algo, layout.obs_dim, layout.act_dim, config.agent, config.seed)
    weights = {
        name.removeprefix(_ACTOR): torch.from_numpy(np.array(tensor))
        for name, tensor in checkpoint.tensors.items()
        if name.startswith(_ACTOR)
    }
    try:
        agent.actor.load_state_dict(weights)
    except RuntimeError as error:
        message = f"its weights do not fit the network of the settings: {error!s:.300}"
        raise CheckpointError(f"{checkpoint.path}: {message}") from error
    return agent.actor


def _training(run_dir: Path, config: TrainConfig, checkpoint: Checkpoint) -> Training:
    made_with = read_yaml(run_dir / CONFIG_FILE).get("made_with")
    commit = made_with.get("commit") if isinstance(made_with, dict) else None
    return Training(
        run=run_dir.absolute().name,
        env_step=checkpoint.env_step,
        seed=config.seed,
        algorithm=config.algo,
        commit=str(commit or "unknown"),
    )


def _last_observations(run_dir: Path) -> FloatArray | None:
    """Return observations that the policy met, of the journal's newest segment; None without."""
    paths = segment_paths(journal_dir(run_dir))
    headers = {index: Header.read(path) for index, path in paths.items()}
    whole = [index for index, header in headers.items() if header is not None]
    if not whole:
        return None
    header = headers[max(whole)]
    assert header is not None
    try:
        rows = scan_segment(paths[max(whole)], header.layout, b"").rows
    except JournalError:
        return None
    obs = np.array(rows["obs"][-MAX_SAMPLES:], dtype=np.float32)
    return obs[np.isfinite(obs).all(axis=1)]
