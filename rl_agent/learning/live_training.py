"""A live run's folder, from settings to a learner that goes on where the last one stopped.

The environment of its settings is the robot's twin. It is never stepped: it tells what the robot
is, what the task is, and how observations are laid out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from rl_agent.clock import ProcessClock, SteadyClock
from rl_agent.data.disk import WaitForRoom
from rl_agent.data.folder_lock import hold_journal, hold_run
from rl_agent.data.journal import JournalReader
from rl_agent.data.replay import Replay
from rl_agent.exceptions import CheckpointError, JournalError
from rl_agent.judging.judge import HUMAN, TASK
from rl_agent.judging.judges import JUDGE_FILE, make_judge
from rl_agent.judging.success_classifier import read_classifier

from .assembly import build_agent, build_replay, keep_twin_contract
from .checkpoint import Checkpoint, newest_that_holds
from .config import TrainConfig
from .env_adapter import make_env
from .live_feed import RobotsFeed, feed_beside, feed_of_robots
from .live_learner import LiveLearner, LiveParts, LiveState
from .live_publisher import Elsewhere, LivePublisher
from .live_robot import LiveRobot
from .live_run import LiveRun, journal_end, robot_of, signer_of
from .metrics import MetricsWriter
from .recent_steps import RecentSteps
from .resolve import resolve_config
from .row_feed import Feed
from .run_folder import holds_run, journal_dir, read_config, write_config
from .training import prepare_torch
from .training_time import TrainingTime


@dataclass(frozen=True, kw_only=True)
class LiveHooks:
    """How a live learner talks to whoever started it."""

    should_stop: Callable[[], bool]
    wait: Callable[[float], object]
    """Lets so many seconds pass, or fewer where a stop is asked for."""
    on_message: Callable[[str], None] = lambda message: None
    on_state: Callable[[LiveState], None] = lambda state: None


def prepare_live_run(
    config: TrainConfig, run_dir: Path, check: Callable[[LiveRobot], object] = lambda robot: None
) -> LiveRobot:
    """Begin a run, or check that it may go on; return whom it is about.

    Args:
        config: Its settings.
        run_dir: Its folder.
        check: Raises where it cannot begin for other reasons; nothing is written before.

    Raises:
        SurefootError: The environment is no robot's twin, or the run's files do not hold.
    """
    env = make_env(config.env, config.env_options)
    try:
        name, is_fresh = config.live.judge, not holds_run(run_dir)
        has_file, own = name not in (TASK, HUMAN), run_dir / JUDGE_FILE
        judge = str(own.absolute()) if has_file and not is_fresh else name
        robot = replace(robot_of(env, config.env), judge=judge)
        make_judge(judge, env.env.unwrapped.task, robot.policy_hz)
        signer_of(config, env)
        check(robot)
        keep_twin_contract(run_dir, env)
        if is_fresh:
            write_config(run_dir, resolve_config(config, env.gamma))
            if has_file:
                # The run's own: whatever becomes of the other, its rewards keep their meaning.
                read_classifier(Path(name)).write(own)
                robot = replace(robot, judge=str(own.absolute()))
        return robot
    finally:
        env.close()


@contextmanager
def open_live(run_dir: Path, hooks: LiveHooks, *, meet_every: int = 0) -> Iterator[LiveLearner]:
    """Build the learner of a run that `prepare_live_run` began; closes its files at the end.

    Its robot is on this machine, and writes the run's journal.

    Args:
        run_dir: The run's folder.
        hooks: How it talks.
        meet_every: In lock-step, the steps after which the robot waits for the learner; else 0.

    Raises:
        SurefootError: The settings, the robot or the run's files do not hold, or another process
            learns there.
    """
    with _opened(run_dir, hooks) as run, closing(feed_beside(run, meet_every)) as feed:
        yield _learner(run, hooks, feed)


@contextmanager
def open_merged(
    run_dir: Path, hooks: LiveHooks, elsewhere: Elsewhere
) -> Iterator[tuple[LiveLearner, RobotsFeed]]:
    """Build a learner as `open_live` does, of robots elsewhere; it writes the run's journal.

    Args:
        run_dir: The run's folder; the robots' journals arrive in it.
        hooks: How it talks.
        elsewhere: How versions come to the robots.

    Raises:
        SurefootError: As `open_live`, or another process writes the journal.
    """
    with (
        _opened(run_dir, hooks, writes_journal=True) as run,
        closing(feed_of_robots(run)) as feed,
    ):
        yield _learner(run, hooks, feed, elsewhere), feed


@contextmanager
def _opened(run_dir: Path, hooks: LiveHooks, *, writes_journal: bool = False) -> Iterator[LiveRun]:
    """Read what lies in a run's folder, which is ours until the end."""
    config = read_config(run_dir).at_live_rates()
    prepare_torch(config.agent.num_threads)
    with ExitStack() as stack:
        when_full = WaitForRoom(hooks.should_stop, hooks.on_message, hooks.wait)
        when_full(lambda: stack.enter_context(hold_run(run_dir)), run_dir, 0)
        if writes_journal:
            merged = journal_dir(run_dir)
            when_full(lambda: stack.enter_context(hold_journal(merged)), merged, 0)
        stack.callback(torch.set_flush_denormal, False)
        env = make_env(config.env, config.env_options)
        stack.callback(env.close)
        robot = robot_of(env, config.env)
        keep_twin_contract(run_dir, env)
        agent = build_agent(config, env)
        replay = build_replay(config, env, run_dir, agent, hooks.on_message)
        recent = RecentSteps(env.layout, max(1, config.health_every))
        checkpoint = _rejoin(run_dir, (replay, recent), hooks.on_message)
        env_step, position = 0, 0
        if checkpoint is not None:
            env_step = checkpoint.env_step
            position = int(checkpoint.values["metrics_position"])
        metrics = MetricsWriter(run_dir, env_step=env_step, position=position, when_full=when_full)
        stack.callback(metrics.close)
        yield LiveRun(
            run_dir=run_dir,
            config=config,
            env=env,
            robot=robot,
            agent=agent,
            replay=replay,
            recent=recent,
            metrics=metrics,
            checkpoint=checkpoint,
            when_full=when_full,
            on_message=hooks.on_message,
        )


def _learner(
    run: LiveRun, hooks: LiveHooks, feed: Feed, elsewhere: Elsewhere | None = None
) -> LiveLearner:
    """Return the run's learner, where its checkpoint was taken."""
    parts = LiveParts(
        agent=run.agent,
        replay=run.replay,
        recent=run.recent,
        metrics=run.metrics,
        when_full=run.when_full,
        time=TrainingTime(ProcessClock(), SteadyClock()),
        should_stop=hooks.should_stop,
        feed=feed,
        publish=LivePublisher(run, elsewhere),
        on_message=hooks.on_message,
        on_state=hooks.on_state,
        wait=hooks.wait,
    )
    learner = LiveLearner(config=run.config, run_dir=run.run_dir, parts=parts)
    if run.checkpoint is not None:
        learner.restore(run.checkpoint)
        run.replay.set_state(run.checkpoint.values.get("replay"))
        hooks.on_message(f"resumed at step {run.checkpoint.env_step}")
    if run.config.agent.compile == "on":
        run.agent.compile()
    return learner


def _rejoin(
    run_dir: Path, kept: tuple[Replay, RecentSteps], on_message: Callable[[str], None]
) -> Checkpoint | None:
    """Return the newest checkpoint that the journal supports, its rows taken in.

    The journal is the robot's: nothing of it is cut.
    """
    directory = journal_dir(run_dir)

    def take(rows: np.ndarray) -> None:
        for steps in kept:
            steps.add_rows(rows)

    def check(checkpoint: Checkpoint) -> None:
        offset = journal_end(checkpoint)
        if offset.num_records == 0:
            return
        try:
            JournalReader(directory).pass_to(take, offset)
        except JournalError:
            for steps in kept:
                steps.clear()
            raise

    try:
        return newest_that_holds(run_dir, on_message, check)
    except CheckpointError as error:
        on_message(f"{error}\nlearning begins anew, from all steps in {directory}")
        return None
