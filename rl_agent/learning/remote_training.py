"""A learner whose robots are on other machines: their journals arrive over one port.

run/robots/ID    a robot's journal, copied: the record of what it lived through
run/journal      all of them in the order in which they were learned from
run/policies     versions; each is sent to all robots
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rl_agent.deploy.contract import expected_contract
from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.remote.address import Address
from rl_agent.remote.journal_receiver import JournalReceiver, ReceiverConfig
from rl_agent.remote.shared_key import SharedKey
from rl_agent.remote.terms import Terms

from .config import TrainConfig
from .env_adapter import make_env
from .live_feed import RobotsFeed, TakenIn
from .live_learner import LiveLearner
from .live_publisher import Elsewhere
from .live_training import LiveHooks, open_merged
from .run_folder import holds_run, journal_dir, read_config, robots_dir


@dataclass(frozen=True, kw_only=True)
class RemoteLearning:
    """A learner, and the link to its robots."""

    learner: LiveLearner
    feed: RobotsFeed
    receiver: JournalReceiver

    def robots(self) -> list[RobotState]:
        """Return how the robots do, by name; those that were never heard since the start too."""
        linked = self.receiver.robots()
        taken_in = self.feed.taken_in()
        states = []
        for robot_id in sorted({*linked, *taken_in}):
            link, taken = linked.get(robot_id), taken_in.get(robot_id, TakenIn())
            state = RobotState(
                robot_id=robot_id,
                is_connected=link is not None and link.is_connected,
                num_taken=taken.num_rows,
                num_episodes=taken.num_episodes,
                success_rate=taken.success_rate,
                policy_version=link.policy_version if link else 0,
            )
            states.append(state)
        return states


@dataclass(frozen=True, kw_only=True)
class RobotState:
    """How one robot does."""

    robot_id: str
    is_connected: bool
    num_taken: int
    """Its steps that were taken in."""
    num_episodes: int
    """Since this learner's start."""
    success_rate: float | None
    policy_version: int
    """Newest that it says it has; 0 while it is not connected."""


def insist_on_copies(run_dir: Path) -> None:
    """Refuse a run whose journal is a robot's own record: here it would be merged into, and cut.

    Raises:
        ProblemsError: It was begun by `surefoot live` or `surefoot train`.
    """
    if holds_run(run_dir) and journal_dir(run_dir).exists() and not robots_dir(run_dir).exists():
        message = "was not begun by `surefoot learn`; choose another folder. A robot's run comes"
        message += " here by itself: go on with it by `surefoot live ... --resume --learner`"
        raise ProblemsError(str(run_dir), [Problem("--out", message)])


@contextmanager
def open_remote(
    run_dir: Path, address: Address, key: SharedKey | None, hooks: LiveHooks
) -> Iterator[RemoteLearning]:
    """Listen, and build the learner of a run that `prepare_live_run` began.

    Raises:
        SurefootError: The address cannot be had, a key is missing, or the run does not hold.
    """
    insist_on_copies(run_dir)
    config = ReceiverConfig(host=address.host, port=address.port)
    terms = terms_of(read_config(run_dir))
    folder = robots_dir(run_dir)
    receiver = JournalReceiver(folder, config, key, terms=terms, on_message=hooks.on_message)
    with closing(receiver):
        elsewhere = Elsewhere(
            announce=receiver.announce,
            newest_version=lambda: newest_version(receiver),
        )
        with open_merged(run_dir, hooks, elsewhere) as (learner, feed):
            receiver.start()
            yield RemoteLearning(learner=learner, feed=feed, receiver=receiver)


def newest_version(receiver: JournalReceiver) -> int:
    """Return the newest version that any connected robot has."""
    return max((robot.policy_version for robot in receiver.robots().values()), default=0)


def terms_of(config: TrainConfig) -> Terms:
    """Return what robots must have in common with a run.

    Raises:
        SurefootError: The environment cannot be made.
    """
    env = make_env(config.env, config.env_options)
    try:
        twin = env.env.unwrapped
        return Terms(layout=env.layout, contract=expected_contract(twin.robot, twin.task))
    finally:
        env.close()
