import numpy as np
import pytest
from small_training import StopAfter, assert_same_end, small_config

from rl_agent.data.journal import JournalReader
from rl_agent.exceptions import ProblemsError
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.run_folder import journal_dir, read_config
from rl_agent.learning.training import train

every_kind = pytest.mark.parametrize("kind", ["disagreement", "rnd", "count"])
SMALL = {"hidden_dims": [16], "num_features": 4, "num_bits": 6, "num_models": 3}


def with_bonus(kind, **changes):
    return small_config(num_steps=60, bonus={"kind": kind, **SMALL}, **changes)


@every_kind
@pytest.mark.parametrize("looks", [33, 120])
def test_a_stopped_run_with_a_bonus_goes_on_bit_by_bit(tmp_path, kind, looks):
    train(with_bonus(kind), tmp_path / "whole")
    assert not train(with_bonus(kind), tmp_path / "run", stop=StopAfter(looks)).is_finished
    train(read_config(tmp_path / "run"), tmp_path / "run", should_resume=True)
    assert_same_end(tmp_path / "whole", tmp_path / "run")
    own, other = (
        load_checkpoint(tmp_path / name).values["replay"]["bonus"] for name in ("whole", "run")
    )
    assert own.keys() == other.keys()
    assert all(np.array_equal(own[key], other[key]) for key in own)


@every_kind
def test_a_bonus_is_told_and_changes_what_is_learned_but_not_the_journal(tmp_path, kind):
    run_dir = tmp_path / "run"
    train(with_bonus(kind), run_dir)
    told = [line["mean_bonus"] for line in read_metrics(run_dir) if "mean_bonus" in line]
    assert len(told) == 2
    assert min(told[1:]) > 0.0
    rows = JournalReader(journal_dir(run_dir)).read().rows
    distance = np.abs(rows["goal"] - rows["next_context"])[:, 0]
    np.testing.assert_allclose(rows["reward"], -distance, atol=1e-6)
    train(small_config(num_steps=60), tmp_path / "plain")
    own, other = load_checkpoint(run_dir).tensors, load_checkpoint(tmp_path / "plain").tensors
    assert any(not np.array_equal(own[name], other[name]) for name in own)
    lines = read_metrics(tmp_path / "plain")
    assert not any("mean_bonus" in line for line in lines)


def test_a_bonus_goes_with_priorities(tmp_path):
    changes = {"replay": {"priority_exponent": 0.6}}
    train(with_bonus("count", **changes), tmp_path / "whole")
    train(with_bonus("count", **changes), tmp_path / "run", stop=StopAfter(40))
    train(read_config(tmp_path / "run"), tmp_path / "run", should_resume=True)
    assert_same_end(tmp_path / "whole", tmp_path / "run")


def test_a_misspelt_bonus_is_refused():
    with pytest.raises(ProblemsError, match=r"bonus.coeff"):
        small_config(bonus={"coeff": 1.0})


def arrivals(kind, run_dir):
    """How often the end of a corridor was reached, and how far it went at all."""
    agent = {
        "actor_hidden_dims": [32, 32],
        "critic_hidden_dims": [32, 32],
        "batch_size": 64,
        "gamma": 0.95,
        "actor_learning_rate": 1e-3,
        "critic_learning_rate": 1e-3,
        "alpha_learning_rate": 1e-3,
        "initial_alpha": 0.05,
    }
    values = {
        "env": "corridor:Corridor-v0",
        "num_steps": 2000,
        "learning_starts": 100,
        "agent": agent,
        "evaluation": {"every": 10_000, "num_episodes": 1, "num_confirm": 1},
        "bonus": {"kind": kind, "coef": 1.0, "hidden_dims": [32, 32], "batch_size": 64},
        "checkpoint_every_s": 1e6,
    }
    train(parse_config(values, "test"), run_dir)
    rows = JournalReader(journal_dir(run_dir)).read().rows
    return int(rows["terminated"].sum()), float(rows["next_obs"].max())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "is_found"), [("none", False), ("disagreement", True), ("rnd", True), ("count", True)]
)
def test_a_reward_at_the_far_end_is_found_for_what_is_new_on_the_way(tmp_path, kind, is_found):
    num_arrivals, furthest = arrivals(kind, tmp_path)
    assert (num_arrivals > 0) == is_found
    assert (furthest > 1.0) == is_found
