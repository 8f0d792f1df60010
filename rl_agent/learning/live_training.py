"""A live run's folder, from settings to a learner that goes on where the last one stopped.

The environment of its settings is the robot's twin. It is never stepped: it tells what the robot
is, what the task is, and how observations are laid out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from rl_agent.algorithms.agent import Agent
from rl_agent.clock import ProcessClock, SteadyClock
from rl_agent.data.batched_follower import BatchedFollower
from rl_agent.data.disk import WaitForRoom, WhenFull
from rl_agent.data.folder_lock import hold_journal, hold_run
from rl_agent.data.journal import JournalOffset, JournalReader
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.data.meeting_point import MeetingPoint
from rl_agent.data.merged_journal import MergedJournal
from rl_agent.data.replay import Replay
from rl_agent.deploy.manifest import Training
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.deploy.signing import Signer, signer_for
from rl_agent.deploy.version_publisher import VersionPublisher
from rl_agent.exceptions import (
    BundleError,
    CheckpointError,
    EnvironmentNotSupportedError,
    JournalError,
)
from rl_agent.judging.judge import HUMAN, TASK
from rl_agent.judging.judges import JUDGE_FILE, make_judge
from rl_agent.judging.success_classifier import read_classifier
from rl_agent.networks.actor import Actor
from rl_agent.tasks.episode_judge import EpisodeJudge
from rl_agent.tasks.episode_tally import EpisodeTally
from rl_agent.types import FloatArray

from .assembly import build_agent, build_replay, keep_twin_contract
from .checkpoint import Checkpoint, newest_that_holds
from .config import TrainConfig
from .env_adapter import EnvAdapter, make_env
from .journal_clock import JournalClock
from .live_learner import LiveLearner, LiveParts, LiveState
from .live_robot import LiveRobot
from .metrics import MetricsWriter
from .recent_steps import RecentSteps
from .resolve import resolve_config
from .row_feed import Feed, RobotTallies
from .run_folder import (
    code_commit,
    holds_run,
    journal_dir,
    read_config,
    store_dir,
    write_config,
)
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
        robot = replace(_robot_of(env, config.env), judge=judge)
        make_judge(judge, env.env.unwrapped.task, robot.policy_hz)
        _signer_of(config, env)
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


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Robots on other machines."""

    copies: Path
    """Their journals arrive here, a folder each."""
    announce: Callable[[Path], object]
    """Is given each version's folder."""
    newest_version: Callable[[], int]
    """Of all policies that a robot has; it takes none that is not newer."""


@contextmanager
def open_live(
    run_dir: Path, hooks: LiveHooks, elsewhere: Elsewhere | None = None, *, meet_every: int = 0
) -> Iterator[LiveLearner]:
    """Build the learner of a run that `prepare_live_run` began; closes its files at the end.

    Args:
        run_dir: The run's folder.
        hooks: How it talks.
        elsewhere: Where its robots are; None for one on this machine, which writes the journal.
        meet_every: In lock-step, the steps after which the robot waits for the learner; else 0.

    Raises:
        SurefootError: The settings, the robot or the run's files do not hold, or another process
            learns there.
    """
    config = read_config(run_dir).at_live_rates()
    prepare_torch(config.agent.num_threads)
    with ExitStack() as stack:
        when_full = WaitForRoom(hooks.should_stop, hooks.on_message, hooks.wait)
        when_full(lambda: stack.enter_context(hold_run(run_dir)), run_dir, 0)
        if elsewhere is not None:
            merged = journal_dir(run_dir)
            when_full(lambda: stack.enter_context(hold_journal(merged)), merged, 0)
        stack.callback(torch.set_flush_denormal, False)
        env = make_env(config.env, config.env_options)
        stack.callback(env.close)
        robot = _robot_of(env, config.env)
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
        feed = (
            _feed(run_dir, env, config, checkpoint, meet_every)
            if elsewhere is None
            else _merged_feed(run_dir, env, config, checkpoint, hooks, when_full, elsewhere)
        )
        stack.callback(feed.close)
        parts = LiveParts(
            agent=agent,
            replay=replay,
            recent=recent,
            metrics=metrics,
            clock=feed.clock,
            when_full=when_full,
            time=TrainingTime(ProcessClock(), SteadyClock()),
            should_stop=hooks.should_stop,
            follower=feed.rows,
            tally=feed.tally,
            sources=feed.sources,
            publish=_publisher(run_dir, config, env, robot, agent, hooks.on_message, elsewhere),
            on_message=hooks.on_message,
            on_state=hooks.on_state,
            wait=hooks.wait,
            meet=feed.meet,
        )
        learner = LiveLearner(config=config, run_dir=run_dir, parts=parts)
        if checkpoint is not None:
            learner.restore(checkpoint)
            replay.set_state(checkpoint.values.get("replay"))
            hooks.on_message(f"resumed at step {checkpoint.env_step}")
        if config.agent.compile == "on":
            agent.compile()
        yield learner


def _signer_of(config: TrainConfig, env: EnvAdapter) -> Signer | None:
    key = config.live.sign
    spec = env.env.unwrapped.robot
    return signer_for(spec.signing_key, Path(key) if key is not None else None)


def _tally(config: TrainConfig, env: EnvAdapter, *, begins_within: bool) -> EpisodeTally:
    twin = env.env.unwrapped
    is_tasks = config.live.judge == TASK
    judge = EpisodeJudge(twin.task, twin.robot.policy_hz) if is_tasks else None
    return EpisodeTally(judge, begins_within=begins_within)


def _robot_of(env: EnvAdapter, env_id: str) -> LiveRobot:
    spec = env.env.spec
    task = spec.kwargs.get("task") if spec is not None else None
    if not env.is_twin or not isinstance(task, str):
        message = "is no robot's twin; live learning needs to know robot and task"
        raise EnvironmentNotSupportedError(f"{env_id}: {message}")
    assert spec is not None
    twin = env.env.unwrapped
    robot = str(spec.kwargs.get("robot"))
    return LiveRobot(robot=robot, task=task, policy_hz=twin.robot.policy_hz)


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
        offset = _end_of(checkpoint)
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


def _end_of(checkpoint: Checkpoint) -> JournalOffset:
    return JournalOffset(**checkpoint.values["journal"])


def _feed(
    run_dir: Path,
    env: EnvAdapter,
    config: TrainConfig,
    checkpoint: Checkpoint | None,
    meet_every: int,
) -> Feed:
    """Return what hands over the rows of the robot beside us, from behind a checkpoint on."""
    directory = journal_dir(run_dir)
    end = _end_of(checkpoint) if checkpoint is not None else None
    start = end if end is not None and end.num_records else None
    tally = _tally(config, env, begins_within=start is not None)
    follower = JournalFollower(directory, env.layout, start)
    if not meet_every:
        return Feed(follower, tally)
    batches = BatchedFollower(follower, size=meet_every)
    policy_hz = env.env.unwrapped.robot.policy_hz
    clock = JournalClock(lambda: batches.offset.num_records, policy_hz)
    return Feed(batches, tally, clock=clock, meet=MeetingPoint(run_dir, meet_every).tell)


def _merged_feed(
    run_dir: Path,
    env: EnvAdapter,
    config: TrainConfig,
    checkpoint: Checkpoint | None,
    hooks: LiveHooks,
    when_full: WhenFull,
    elsewhere: Elsewhere,
) -> Feed:
    """Return what hands over the rows of robots elsewhere, from behind a checkpoint on."""
    sources = checkpoint.values.get("sources", {}) if checkpoint is not None else {}
    merged = MergedJournal(
        journal_dir(run_dir),
        env.layout,
        elsewhere.copies,
        SteadyClock(),
        end=_end_of(checkpoint) if checkpoint is not None else None,
        taken={name: JournalOffset(**place) for name, place in sources.items()},
        config=config.journal,
        when_full=when_full,
        on_message=hooks.on_message,
    )
    tally = RobotTallies(
        lambda robot_id: _tally(config, env, begins_within=robot_id in sources),
        lambda: merged.robot_id,
    )
    return Feed(merged, tally, merged.sources, merged.close)


def _publisher(
    run_dir: Path,
    config: TrainConfig,
    env: EnvAdapter,
    robot: LiveRobot,
    agent: Agent,
    on_message: Callable[[str], None],
    elsewhere: Elsewhere | None,
) -> Callable[[Actor, int, FloatArray], int]:
    twin = env.env.unwrapped
    publisher = VersionPublisher(
        store_dir(run_dir),
        twin.robot,
        twin.task,
        twin.builder.layout,
        task_name=robot.task,
        keep=config.live.keep_versions,
        signer=_signer_of(config, env),
    )
    publisher.prepare(agent.actor)
    newest_version = elsewhere.newest_version if elsewhere is not None else lambda: 0
    if elsewhere is not None:
        _announce_newest(publisher.store, elsewhere, on_message)
    commit = code_commit()

    def publish(actor: Actor, env_step: int, samples: FloatArray) -> int:
        training = Training(
            run=run_dir.absolute().name,
            env_step=env_step,
            seed=config.seed,
            algorithm=config.algo,
            commit=commit,
        )
        version = publisher.publish(actor, training, samples, above=newest_version())
        if elsewhere is not None:
            elsewhere.announce(publisher.store.version_dir(version))
        return version

    return publish


def _announce_newest(
    store: PolicyStore, elsewhere: Elsewhere, on_message: Callable[[str], None]
) -> None:
    """Let robots that come at once find what was published before this start."""
    try:
        if (pointer := store.current()) is not None:
            elsewhere.announce(store.version_dir(pointer.policy_version))
    except (BundleError, OSError) as error:
        on_message(f"the newest version is not sent to the robots: {error}")
