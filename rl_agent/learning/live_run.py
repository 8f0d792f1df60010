"""A live run's folder, opened: what its feed, its publisher and its learner are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rl_agent.algorithms.agent import Agent
from rl_agent.data.disk import WhenFull
from rl_agent.data.journal import JournalOffset
from rl_agent.data.replay import Replay
from rl_agent.deploy.signing import Signer, signer_for
from rl_agent.exceptions import EnvironmentNotSupportedError

from .checkpoint import Checkpoint
from .config import TrainConfig
from .env_adapter import EnvAdapter
from .live_robot import LiveRobot
from .metrics import MetricsWriter
from .recent_steps import RecentSteps


@dataclass(frozen=True, kw_only=True)
class LiveRun:
    """What lies in the folder, read; whoever opened it closes it."""

    run_dir: Path
    config: TrainConfig
    """With the rates of live learning."""
    env: EnvAdapter
    """The robot's twin."""
    robot: LiveRobot
    agent: Agent
    replay: Replay
    recent: RecentSteps
    metrics: MetricsWriter
    checkpoint: Checkpoint | None
    """Where it goes on, its rows taken in, the agent's weights not yet; None begins anew."""
    when_full: WhenFull
    on_message: Callable[[str], None]

    @property
    def journal_end(self) -> JournalOffset | None:
        """Up to where the run's own journal was learned from; None where learning begins anew."""
        return None if self.checkpoint is None else journal_end(self.checkpoint)


def journal_end(checkpoint: Checkpoint) -> JournalOffset:
    """Return up to where a run's own journal was taken in."""
    return JournalOffset(**checkpoint.values["journal"])


def robot_of(env: EnvAdapter, env_id: str) -> LiveRobot:
    """Return whom a run in this environment is about, judged by the task.

    Raises:
        EnvironmentNotSupportedError: It is no robot's twin.
    """
    spec = env.env.spec
    task = spec.kwargs.get("task") if spec is not None else None
    if not env.is_twin or not isinstance(task, str):
        message = "is no robot's twin; live learning needs to know robot and task"
        raise EnvironmentNotSupportedError(f"{env_id}: {message}")
    assert spec is not None
    twin = env.env.unwrapped
    robot = str(spec.kwargs.get("robot"))
    return LiveRobot(robot=robot, task=task, policy_hz=twin.robot.policy_hz)


def signer_of(config: TrainConfig, env: EnvAdapter) -> Signer | None:
    """Return who signs the run's versions; None where nobody does.

    Raises:
        BundleError: The robot would refuse every version; says what to do.
    """
    key = config.live.sign
    spec = env.env.unwrapped.robot
    return signer_for(spec.signing_key, Path(key) if key is not None else None)
