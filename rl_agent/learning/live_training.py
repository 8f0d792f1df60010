"""A live run's folder, from settings to a learner that goes on where the last one stopped.

The environment of its settings is the robot's twin. It is never stepped: it tells what the robot
is, what the task is, and how observations are laid out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rl_agent.algorithms.agent import Agent
from rl_agent.clock import Clock, ProcessClock, SteadyClock
from rl_agent.data.batched_follower import BatchedFollower
from rl_agent.data.disk import WaitForRoom
from rl_agent.data.journal import JournalOffset, JournalReader
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.data.meeting_point import MeetingPoint
from rl_agent.data.replay import Replay
from rl_agent.deploy.manifest import Training
from rl_agent.deploy.version_publisher import VersionPublisher
from rl_agent.exceptions import EnvironmentNotSupportedError, JournalError
from rl_agent.networks.actor import Actor
from rl_agent.tasks.episode_judge import EpisodeJudge
from rl_agent.types import FloatArray

from .assembly import build_agent, build_replay, keep_twin_contract, resolve_config
from .checkpoint import Checkpoint, whole_checkpoints
from .config import TrainConfig
from .env_adapter import EnvAdapter, make_env
from .episode_tally import EpisodeTally
from .journal_clock import JournalClock
from .live_learner import LiveLearner, LiveParts, LiveState
from .metrics import MetricsWriter
from .recent_steps import RecentSteps
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


@dataclass(frozen=True, kw_only=True)
class LiveRobot:
    """Whom a run is about, as the nodes' parameters name it."""

    robot: str
    """A shipped robot's name, or a profile's file."""
    task: str
    policy_hz: float


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
        robot = _robot_of(env, config.env)
        check(robot)
        keep_twin_contract(run_dir, env)
        if not holds_run(run_dir):
            write_config(run_dir, resolve_config(config, env))
        return robot
    finally:
        env.close()


@contextmanager
def open_live(run_dir: Path, hooks: LiveHooks, *, meet_every: int = 0) -> Iterator[LiveLearner]:
    """Build the learner of a run that `prepare_live_run` began; closes its files at the end.

    Args:
        run_dir: Its folder.
        hooks: How it talks.
        meet_every: In lock-step, the steps after which the robot waits for the learner; else 0.

    Raises:
        SurefootError: The settings, the robot or the run's files do not hold.
    """
    config = read_config(run_dir)
    prepare_torch(config.agent.num_threads)
    with ExitStack() as stack:
        stack.callback(torch.set_flush_denormal, False)
        env = make_env(config.env, config.env_options)
        stack.callback(env.close)
        robot = _robot_of(env, config.env)
        keep_twin_contract(run_dir, env)
        agent = build_agent(config, env)
        replay = build_replay(config, env, run_dir, agent, hooks.on_message)
        recent = RecentSteps(env.layout, max(1, config.health_every))
        checkpoint, start = _rejoin(run_dir, (replay, recent), hooks.on_message)
        follower, clock, meet = _follow(run_dir, env, start, robot.policy_hz, meet_every)
        when_full = WaitForRoom(hooks.should_stop, hooks.on_message, hooks.wait)
        env_step, position = 0, 0
        if checkpoint is not None:
            env_step = checkpoint.env_step
            position = int(checkpoint.values["metrics_position"])
        metrics = MetricsWriter(run_dir, env_step=env_step, position=position, when_full=when_full)
        stack.callback(metrics.close)
        assert env.task is not None
        parts = LiveParts(
            agent=agent,
            replay=replay,
            recent=recent,
            metrics=metrics,
            clock=clock,
            when_full=when_full,
            time=TrainingTime(ProcessClock(), SteadyClock()),
            should_stop=hooks.should_stop,
            follower=follower,
            tally=EpisodeTally(EpisodeJudge(env.env.unwrapped.task, robot.policy_hz)),
            publish=_publisher(run_dir, config, env, robot, agent),
            on_message=hooks.on_message,
            on_state=hooks.on_state,
            wait=hooks.wait,
            meet=meet,
        )
        learner = LiveLearner(config=config, run_dir=run_dir, parts=parts)
        if checkpoint is not None:
            learner.restore(checkpoint)
            replay.set_state(checkpoint.values.get("replay"))
            hooks.on_message(f"resumed at step {checkpoint.env_step}")
        if config.agent.compile == "on":
            agent.compile()
        yield learner


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


def _follow(
    run_dir: Path, env: EnvAdapter, start: JournalOffset | None, policy_hz: float, meet_every: int
) -> tuple[JournalFollower, Clock, Callable[[int], None] | None]:
    """Return what reads the robot's journal on, by which clock, and who is told how far."""
    directory = journal_dir(run_dir)
    if not meet_every:
        return JournalFollower(directory, env.layout, start), SteadyClock(), None
    follower = BatchedFollower(directory, env.layout, start, size=meet_every)
    return follower, JournalClock(follower, policy_hz), MeetingPoint(run_dir, meet_every).tell


def _rejoin(
    run_dir: Path, kept: tuple[Replay, RecentSteps], on_message: Callable[[str], None]
) -> tuple[Checkpoint | None, JournalOffset | None]:
    """Return the newest checkpoint that the robot's journal supports, and where it reads on.

    The journal is the robot's: nothing of it is cut.
    """
    directory = journal_dir(run_dir)

    def take(rows: np.ndarray) -> None:
        for steps in kept:
            steps.add_rows(rows)

    for checkpoint in whole_checkpoints(run_dir, on_message):
        offset = JournalOffset(**checkpoint.values["journal"])
        if offset.num_records == 0:
            return checkpoint, None
        try:
            JournalReader(directory).pass_to(take, offset)
            return checkpoint, offset
        except JournalError as error:
            for steps in kept:
                steps.clear()
            on_message(f"{error}; taking an older checkpoint")
    return None, None


def _publisher(
    run_dir: Path, config: TrainConfig, env: EnvAdapter, robot: LiveRobot, agent: Agent
) -> Callable[[Actor, int, FloatArray], int]:
    twin = env.env.unwrapped
    publisher = VersionPublisher(
        store_dir(run_dir),
        twin.robot,
        twin.task,
        twin.builder.layout,
        task_name=robot.task,
        keep=config.live.keep_versions,
    )
    publisher.prepare(agent.actor)
    commit = code_commit()

    def publish(actor: Actor, env_step: int, samples: FloatArray) -> int:
        training = Training(
            run=run_dir.absolute().name,
            env_step=env_step,
            seed=config.seed,
            algorithm=config.algo,
            commit=commit,
        )
        return publisher.publish(actor, training, samples)

    return publish
