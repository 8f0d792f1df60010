"""A learner in lock-step: rows by the batch, robot time by the row, the same weights every time."""

import numpy as np
import pytest

from rl_agent.data.journal import JournalWriter
from rl_agent.data.meeting_point import MeetingPoint
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.learning.config_file import load_settings, parse_config
from rl_agent.learning.env_adapter import make_env
from rl_agent.learning.live_training import LiveHooks, open_live, prepare_live_run
from rl_agent.learning.run_folder import journal_dir, store_dir

STARTS, EVERY, NUM_ROWS = 30, 20, 100
"""20 steps at 20 Hz: a version a second."""


def config_of(seed):
    data = load_settings("so101_reach") | {"learning_starts": STARTS, "seed": seed}
    data["agent"] = data["agent"] | {"actor_hidden_dims": [16], "critic_hidden_dims": [16]}
    data["live"] = {"first_updates": 5, "publish_every_s": EVERY / 20.0}
    return parse_config(data, "test")


@pytest.fixture(scope="module")
def rows():
    env, rng = make_env("sim:So101Reach-v0", {}), np.random.default_rng(0)
    env.reset(seed=0)
    rows = [
        env.step(rng.uniform(-1.0, 1.0, env.layout.act_dim).astype(np.float32)).transition
        for _ in range(NUM_ROWS)
    ]
    yield rows, env
    env.close()


def learn(folder, seed, rows, arrivals):
    """Let rows arrive so many at a time, with looks of the learner in between; return versions."""
    run_dir = folder / "run"  # its name stands in each policy
    transitions, env = rows
    prepare_live_run(config_of(seed), run_dir)
    journal = JournalWriter(journal_dir(run_dir), env.layout)
    hooks = LiveHooks(should_stop=lambda: False, wait=lambda seconds: None)
    point, told = MeetingPoint(run_dir, EVERY), []
    with open_live(run_dir, hooks, meet_every=EVERY) as learner:
        written = 0
        while written < NUM_ROWS:
            count = next(arrivals)
            for transition in transitions[written : written + count]:
                journal.append(transition)
            written += count
            while learner.step():
                step = learner.counters.env_step
                assert point.is_past(step)
                assert not point.is_past(step + 1)
                assert learner.state.num_owed == 0
                told.append((step, learner.state.policy_version))
    journal.close()
    env = env.env.unwrapped
    store = PolicyStore(store_dir(run_dir), env.robot, env.task)
    return told, store.load(store.current()).bundle_hash


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory, rows):
    return learn(tmp_path_factory.mktemp("one"), 3, rows, iter([1] * NUM_ROWS))


def test_a_version_a_second_of_robot_time_once_there_is_one(one_by_one):
    # 20 rows: below learning_starts; 40 rows: 20 updates, the first version.
    assert one_by_one[0] == [(20, 0), (40, 1), (60, 2), (80, 3), (100, 4)]


def test_the_weights_do_not_depend_on_when_rows_arrive(tmp_path, rows, one_by_one):
    assert learn(tmp_path, 3, rows, iter([7, 13, 3, 40, 2, 35])) == one_by_one


def test_another_seed_learns_something_else(tmp_path, rows, one_by_one):
    told, bundle_hash = learn(tmp_path, 4, rows, iter([100]))
    assert told == one_by_one[0]
    assert bundle_hash != one_by_one[1]
