"""Builds the replay that a run's settings describe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rl_agent.data.journal import JournalReader
from rl_agent.data.mixed_replay import MixedReplay
from rl_agent.data.priorities import Priorities
from rl_agent.data.relabel import Relabeller
from rl_agent.data.replay import Replay
from rl_agent.data.replay_buffer import ReplayBuffer
from rl_agent.exceptions import JournalError, Problem, ProblemsError

from .config import TrainConfig
from .run_folder import holds_run, journal_dir

if TYPE_CHECKING:
    from .env_adapter import EnvAdapter

BYTES_PER_GB = 1e9


def resolve_replay(config: TrainConfig) -> TrainConfig:
    """Return the settings with what a resumed run must find again: the steps, a full path."""
    own = config.replay
    steps = config.num_steps if own.importance_steps is None else own.importance_steps
    folder = own.demonstrations and str(Path(own.demonstrations).expanduser().resolve())
    return replace(config, replay=replace(own, importance_steps=steps, demonstrations=folder))


def make_replay(
    config: TrainConfig, env: EnvAdapter, run_dir: Path, on_message: Callable[[str], None]
) -> Replay:
    """Return an empty replay, and demonstrations beside it where the settings name some.

    Args:
        config: After `resolve_replay`.
        env: Whose transitions it takes.
        run_dir: Where large buffers keep their rows.
        on_message: Is told what demonstrations there are.

    Raises:
        ProblemsError: The settings do not fit the environment, the disk or the demonstrations.
    """
    relabeller = _make_relabeller(config, env)
    priorities = _make_priorities(config) if config.replay.is_prioritized else None
    own = _make_buffer(config, env, run_dir, relabeller, priorities)
    if config.replay.demonstrations is None:
        return own
    reader = _open_demonstrations(Path(config.replay.demonstrations), env, run_dir)
    shown = _make_buffer(config, env, run_dir, relabeller, None)
    try:
        digest = reader.pass_to(shown.add_rows).digest
    except JournalError as error:
        raise _refused(run_dir, str(error)) from error
    if len(shown) == 0:
        raise _refused(run_dir, f"{reader.directory} holds no rows that can be used")
    on_message(f"demonstrations: {len(shown)} rows ({shown.num_quarantined} refused)")
    return MixedReplay(own, shown, share=config.replay.demonstration_share, digest=digest)


def _make_buffer(
    config: TrainConfig,
    env: EnvAdapter,
    run_dir: Path,
    relabeller: Relabeller | None,
    priorities: Priorities | None,
) -> ReplayBuffer:
    num_bytes = config.buffer_size * env.layout.row_dtype.itemsize
    is_large = num_bytes > config.replay.max_memory_gb * BYTES_PER_GB
    assert config.agent.gamma is not None
    try:
        return ReplayBuffer(
            env.layout,
            config.buffer_size,
            gamma=config.agent.gamma,
            n_step=config.agent.n_step,
            critic_action=config.agent.critic_action,
            relabeller=relabeller,
            quarantine=config.quarantine,
            priorities=priorities,
            folder=run_dir if is_large else None,
        )
    except OSError as error:
        message = f"{num_bytes / BYTES_PER_GB:.1f} GB of rows have no room in {run_dir}: {error}"
        raise ProblemsError(str(run_dir), [Problem("buffer_size", message)]) from error


def _make_relabeller(config: TrainConfig, env: EnvAdapter) -> Relabeller | None:
    if config.relabel.fraction == 0.0:
        return None
    if env.task is None or env.goal_slice is None or env.layout.goal_dim == 0:
        message = f"{config.env} has no goals that could be exchanged; set it to 0"
        raise ProblemsError(config.env, [Problem("relabel.fraction", message)])
    return Relabeller(env.task, env.goal_slice, config.relabel)


def _make_priorities(config: TrainConfig) -> Priorities:
    assert config.replay.importance_steps is not None
    return Priorities(
        config.buffer_size,
        priority_exponent=config.replay.priority_exponent,
        importance_exponent=config.replay.importance_exponent,
        importance_steps=config.replay.importance_steps,
    )


def _open_demonstrations(folder: Path, env: EnvAdapter, run_dir: Path) -> JournalReader:
    directory = journal_dir(folder) if holds_run(folder) else folder
    if directory == journal_dir(run_dir).resolve():
        raise _refused(run_dir, "these are the run's own steps; name another folder")
    try:
        reader = JournalReader(directory)
    except JournalError as error:
        raise _refused(run_dir, str(error)) from error
    if reader.layout != env.layout:
        message = f"{directory} holds {reader.layout}, the environment has {env.layout}"
        raise _refused(run_dir, message)
    return reader


def _refused(run_dir: Path, message: str) -> ProblemsError:
    return ProblemsError(str(run_dir), [Problem("replay.demonstrations", message)])
