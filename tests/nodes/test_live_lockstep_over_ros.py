"""surefoot live in lock-step: a twin that learns does the same in every run of a seed."""

import pytest
from ros_processes import running_graph

from rl_agent.data.journal import JournalReader
from rl_agent.deploy.swap_log import SWAPS, read_events
from rl_agent.learning.checkpoint import step_checkpoints
from rl_agent.learning.run_folder import journal_dir, store_dir

pytestmark = [pytest.mark.ros, pytest.mark.slow]
MINUTES, NUM_STEPS = 0.2, 240
SMALL = (
    *("--set", "agent.actor_hidden_dims=[16]", "--set", "agent.critic_hidden_dims=[16]"),
    *("--set", "learning_starts=40", "--set", "live.first_updates=20"),
    *("--set", "live.publish_every_s=2", "--set", "checkpoint_every_s=5"),
)


def learn(folder, seed):
    run_dir = folder / "run"  # its name stands in each policy
    arguments = ("--env", "sim:So101Reach-v0", "--seed", str(seed), "--minutes", str(MINUTES))
    with running_graph(
        *("twin", "--lockstep", *arguments, "--out", str(run_dir), *SMALL),
        verb="live",
        log=folder / "live.log",
    ) as graph:
        assert graph.process.wait(180.0) == 0, graph.output()
    return {
        "journal": [path.read_bytes() for path in sorted(journal_dir(run_dir).glob("*.journal"))],
        "num_steps": len(JournalReader(journal_dir(run_dir)).read().rows),
        "versions": [path.read_bytes() for path in sorted(store_dir(run_dir).rglob("policy.onnx"))],
        "swaps": [{**event, "utc": ""} for event in read_events(run_dir / SWAPS)],
        "checkpoints": [path.name for path in step_checkpoints(run_dir)],
    }


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return learn(tmp_path_factory.mktemp("first"), 3)


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    return learn(tmp_path_factory.mktemp("again"), 3)


def test_the_run_ends_with_the_step_that_was_asked_for(first):
    assert first["num_steps"] == NUM_STEPS


def test_versions_are_learned_and_act(first):
    # A version every 40 steps, once 80 are there.
    assert len(first["versions"]) == 5
    assert [event for event in first["swaps"] if event["kind"] == "promoted"]


@pytest.mark.parametrize("what", ["journal", "versions", "swaps", "checkpoints"])
def test_the_same_seed_lives_through_the_same(first, again, what):
    assert first[what] == again[what]


def test_another_seed_lives_through_something_else(tmp_path, first):
    other = learn(tmp_path, 4)
    assert other["num_steps"] == NUM_STEPS
    assert other["journal"] != first["journal"]
    assert other["versions"][-1] != first["versions"][-1]
