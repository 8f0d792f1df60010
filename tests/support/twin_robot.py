"""A robot for learners' tests: the twin, stepped with random actions, which keeps a journal."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from rl_agent.data.journal import JournalWriter
from rl_agent.learning.config_file import load_settings, parse_config
from rl_agent.learning.env_adapter import make_env
from rl_agent.learning.live_training import LiveHooks, prepare_live_run
from rl_agent.learning.run_folder import journal_dir

STARTS = 30


def live_config(**changes):
    """Small networks that begin after `STARTS` steps, and publish as often as they can."""
    data = load_settings("so101_reach") | {"learning_starts": STARTS}
    data["agent"] = data["agent"] | {"actor_hidden_dims": [16], "critic_hidden_dims": [16]}
    data["live"] = {"first_updates": 5, "publish_every_s": 1e-6, "keep_versions": 3}
    return parse_config(data | changes, "test")


class TwinRobot:
    """Acts at random in the twin, and keeps a journal as a policy node does."""

    def __init__(self, run_dir: Path, config, seed: int = 0) -> None:
        self.env = make_env(config.env, config.env_options)
        self.env.reset(seed=seed)
        self.journal = JournalWriter(journal_dir(run_dir), self.env.layout)
        self.rng = np.random.default_rng(seed)

    def live(self, num_steps: int) -> None:
        for _ in range(num_steps):
            action = self.rng.uniform(-1.0, 1.0, self.env.layout.act_dim).astype(np.float32)
            self.journal.append(self.env.step(action).transition)

    def close(self) -> None:
        self.journal.close()
        self.env.close()


def settle(learner, most: int = 200) -> int:
    """Step until nothing is left to do; return how often."""
    for index in range(most):
        if not learner.step():
            return index
    raise AssertionError("the learner found no rest")


def when_held(replay, num_rows: int) -> threading.Event:
    """Return what is set as soon as `replay` holds so many rows."""
    is_held, add_rows = threading.Event(), replay.add_rows

    def add(rows) -> None:
        add_rows(rows)
        if len(replay) >= num_rows:
            is_held.set()

    replay.add_rows = add
    return is_held


@contextmanager
def begun_run(run_dir: Path, config) -> Iterator[TwinRobot]:
    """Begin a live run in a folder, and let a robot keep its journal there."""
    prepare_live_run(config, run_dir)
    robot = TwinRobot(run_dir, config)
    try:
        yield robot
    finally:
        robot.close()


def hooks(messages: list[str] | None = None, states: list | None = None) -> LiveHooks:
    """Return hooks that never stop and never wait, and keep what they are told."""
    return LiveHooks(
        should_stop=lambda: False,
        wait=lambda seconds: None,
        on_message=(messages if messages is not None else []).append,
        on_state=(states if states is not None else []).append,
    )
