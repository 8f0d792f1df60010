"""One training from settings to result: builds the parts, resumes where asked, and runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rl_agent.algorithms.agent import Agent
from rl_agent.algorithms.compilation import decide_compile
from rl_agent.clock import ProcessClock, SteadyClock
from rl_agent.data.disk import WaitForRoom, WhenFull
from rl_agent.data.folder_lock import hold_journal, hold_run
from rl_agent.data.journal import JournalOffset, JournalReader, JournalWriter
from rl_agent.data.replay import Replay
from rl_agent.exceptions import CheckpointError, JournalError, Problem, ProblemsError

from .assembly import build_agent, build_replay, keep_twin_contract
from .checkpoint import Checkpoint, newest_that_holds
from .config import TrainConfig
from .env_adapter import EnvAdapter, make_env
from .evaluate import Evaluator, Score
from .learner import Learner
from .matrix_product import prefer_exact_onednn
from .metrics import MetricsWriter
from .parts import LearnerParts
from .progress import Progress
from .recent_steps import RecentSteps
from .resolve import keep_resolved, num_planned, resolve_config
from .run_folder import (
    CONFIG_FILE,
    holds_run,
    journal_dir,
    make_run_dir,
    read_config,
    write_config,
)
from .stop import StopRequest
from .training_time import TrainingTime


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """How a training ended."""

    is_finished: bool
    """False if a stop was asked for."""
    has_met_target: bool
    """`stop_at_success` was met."""
    env_step: int
    gradient_step: int
    newest_evaluation: Score | None
    best: Score | None
    best_step: int | None
    seconds: dict[str, float]
    """Wall time of this process by activity."""


@dataclass(frozen=True, kw_only=True)
class TrainHooks:
    """How a training talks to whoever started it."""

    on_progress: Callable[[Progress], None] = lambda progress: None
    on_message: Callable[[str], None] = lambda message: None


def train(
    config: TrainConfig,
    run_dir: Path,
    *,
    should_resume: bool = False,
    stop: StopRequest | None = None,
    hooks: TrainHooks | None = None,
) -> TrainResult:
    """Train in `run_dir`, from the beginning or from its newest whole checkpoint.

    Raises:
        SurefootError: The settings, the environment or the run's files do not hold.
    """
    hooks, stop = hooks or TrainHooks(), stop or StopRequest()
    if holds_run(run_dir) and not should_resume:
        message = "already holds a run; add --resume to go on with it, or choose another folder"
        raise ProblemsError(str(run_dir), [Problem("--out", message)])
    prepare_torch(config.agent.num_threads)
    with ExitStack() as stack:
        # A caller's own arithmetic after the training is none of torch's business.
        stack.callback(torch.set_flush_denormal, False)
        env = make_env(config.env, config.env_options)
        stack.callback(env.close)
        when_full = WaitForRoom(lambda: stop.is_set, hooks.on_message)
        _hold(run_dir, stack, when_full)
        if holds_run(run_dir):
            config = keep_resolved(config, read_config(run_dir))
        config = resolve_config(config, env.gamma)
        _begin_folder(run_dir, config, env, when_full)
        agent = build_agent(config, env)
        replay = build_replay(config, env, run_dir, agent, hooks.on_message)
        journal = JournalWriter(
            journal_dir(run_dir), env.layout, config.journal, when_full=when_full
        )
        stack.callback(journal.close)
        _tell_dropped(journal, hooks)
        recent = RecentSteps(env.layout, config.health_every)
        checkpoint = _rewind(run_dir, journal, (replay, recent), hooks)
        _compile_if_due(config, agent, stop, hooks)
        evaluator = Evaluator(make_env(config.env, config.env_options), lambda: stop.is_set)
        stack.callback(evaluator.close)
        metrics = _open_metrics(run_dir, checkpoint, hooks, when_full)
        stack.callback(metrics.close)
        parts = LearnerParts(
            env=env,
            agent=agent,
            replay=replay,
            recent=recent,
            journal=journal,
            evaluator=evaluator,
            metrics=metrics,
            clock=SteadyClock(),
            time=TrainingTime(ProcessClock(), SteadyClock()),
            when_full=when_full,
            should_stop=lambda: stop.is_set,
            on_progress=hooks.on_progress,
        )
        learner = Learner(config=config, run_dir=run_dir, parts=parts)
        _start(learner, checkpoint, hooks)
        return _result(learner, learner.run())


def prepare_torch(num_threads: int) -> None:
    """Bound torch's threads: beside another busy process, more cost nearly all speed."""
    torch.set_num_threads(num_threads)
    prefer_exact_onednn()
    # Adam's moments fade into subnormal numbers, which processors handle a hundred times slower.
    torch.set_flush_denormal(True)


def _hold(run_dir: Path, stack: ExitStack, when_full: WhenFull) -> None:
    """Be alone in a run's folder, which is made where there is none, and in its journal's."""

    def hold() -> None:
        make_run_dir(run_dir)
        with ExitStack() as both:
            both.enter_context(hold_run(run_dir))
            both.enter_context(hold_journal(journal_dir(run_dir)))
            stack.push(both.pop_all())

    when_full(hold, run_dir, 0)


def _begin_folder(run_dir: Path, config: TrainConfig, env: EnvAdapter, when_full: WhenFull) -> None:
    """Note settings and contract."""

    def write() -> None:
        keep_twin_contract(run_dir, env)
        write_config(run_dir, config)

    when_full(write, run_dir / CONFIG_FILE, 0)


def _rewind(
    run_dir: Path, journal: JournalWriter, kept: tuple[Replay, RecentSteps], hooks: TrainHooks
) -> Checkpoint | None:
    """Return the newest checkpoint that the journal supports, and cut all back to it.

    Raises:
        CheckpointError: Checkpoints are there, but none holds.
    """

    def take(rows: np.ndarray) -> None:
        for steps in kept:
            steps.add_rows(rows)

    def check(checkpoint: Checkpoint) -> None:
        offset = JournalOffset(**checkpoint.values["journal"])
        try:
            tail = JournalReader(journal.directory).pass_to(take, offset)
            # Only now: what no checkpoint supports is still there to be looked at.
            journal.truncate_to(offset)
        except JournalError:
            for steps in kept:
                steps.clear()
            raise
        if tail.digest != offset.digest:
            hooks.on_message(
                f"{journal.directory}: {tail.num_damaged} records are damaged and left out; "
                "training goes on, but not as it would have without that"
            )

    try:
        checkpoint = newest_that_holds(run_dir, hooks.on_message, check)
    except CheckpointError as error:
        raise CheckpointError(f"{error}\n{_way_out(run_dir, journal)}") from error
    if checkpoint is None and journal.offset.num_records:
        num_steps, aside = journal.offset.num_records, journal.set_aside()
        hooks.on_message(
            f"there is no checkpoint: training begins at step 0; the {num_steps} steps from before"
            f" are kept in {aside}"
        )
    return checkpoint


def _way_out(run_dir: Path, journal: JournalWriter) -> str:
    num_steps = journal.offset.num_records
    way = (
        f"Nothing was changed; {num_steps} steps are in {journal.directory}. Put a whole copy of a"
        " checkpoint back, or begin a run in another folder"
    )
    return (
        f"{way}; --set replay.demonstrations={run_dir} takes these steps in" if num_steps else way
    )


def _compile_if_due(
    config: TrainConfig, agent: Agent, stop: StopRequest, hooks: TrainHooks
) -> None:
    decision = decide_compile(config.agent.compile, num_planned(config))
    hooks.on_message(decision.sentence)
    if not decision.should_compile:
        return
    try:
        with stop.interruptible():
            agent.compile()
    except RuntimeError as error:
        first_line = str(error).strip().splitlines()[0]
        hooks.on_message(f"update: eager, because compiling failed: {first_line}")


def _open_metrics(
    run_dir: Path, checkpoint: Checkpoint | None, hooks: TrainHooks, when_full: WhenFull
) -> MetricsWriter:
    env_step = position = 0
    if checkpoint is not None:
        env_step, position = checkpoint.env_step, int(checkpoint.values["metrics_position"])
    metrics = MetricsWriter(run_dir, env_step=env_step, position=position, when_full=when_full)
    if not metrics.has_tensorboard:
        hooks.on_message("tensorboard is not installed: figures go to metrics.jsonl alone")
    return metrics


def _start(learner: Learner, checkpoint: Checkpoint | None, hooks: TrainHooks) -> None:
    if checkpoint is None:
        learner.parts.env.reset(seed=learner.config.seed)
        learner.save()
        return
    learner.restore(checkpoint)
    hooks.on_message(f"resumed at step {checkpoint.env_step}")
    difference = learner.parts.replay.set_state(checkpoint.values.get("replay"))
    if difference:
        hooks.on_message(f"{difference}; results differ from those of an uninterrupted run")
    if checkpoint.values["env"] is None:
        hooks.on_message(
            "this environment can't save its state: a new episode begins, and the results differ "
            "from those of an uninterrupted run"
        )
    if checkpoint.values["is_compiled"] != learner.parts.agent.is_compiled:
        hooks.on_message("compiled before, eager now or the reverse: last digits will differ")


def _tell_dropped(journal: JournalWriter, hooks: TrainHooks) -> None:
    if journal.num_dropped_bytes:
        hooks.on_message(
            f"journal: an unfinished record of {journal.num_dropped_bytes} bytes was dropped"
        )


def _result(learner: Learner, is_finished: bool) -> TrainResult:
    counters = learner.counters
    return TrainResult(
        is_finished=is_finished,
        has_met_target=learner.has_met_target,
        env_step=counters.env_step,
        gradient_step=learner.parts.agent.gradient_step,
        newest_evaluation=learner.newest_evaluation,
        best=counters.best,
        best_step=counters.best_step,
        seconds=learner.stopwatch.seconds,
    )
