import pytest

from rl_agent.algorithms.registry import ALGORITHMS, config_class
from rl_agent.exceptions import ProblemsError
from rl_agent.tuning.default_space import default_space
from rl_agent.tuning.space import Choices, Range, parse_space, space_to_plain, with_values

BASE = {"env": "Pendulum-v1"}


def test_ranges_and_choices_are_read_and_written_alike():
    data = {
        "agent.tau": {"low": 0.001, "high": 0.1, "log": True},
        "agent.batch_size": {"low": 8, "high": 64, "integer": True},
        "agent.critic_hidden_dims": {"choices": [[8], [16, 16]]},
    }
    space = parse_space(data, BASE, "test")
    assert space["agent.tau"] == Range(low=0.001, high=0.1, log=True)
    assert space["agent.batch_size"].extremes == (8, 64)
    assert space["agent.critic_hidden_dims"] == Choices(choices=([8], [16, 16]))
    assert parse_space(space_to_plain(space), BASE, "test") == space


@pytest.mark.parametrize(
    ("path", "values", "words"),
    [
        ("agent.taw", {"low": 0.1, "high": 0.2}, "did you mean 'tau'"),
        ("agent.tau", {"low": 0.1, "high": 2.0}, "tau must be in"),
        ("agent.tau", {"low": 0.1, "hihg": 0.2}, "did you mean 'high'"),
        ("agent.tau", {"low": 0.2, "high": 0.1}, "low must be below high"),
        ("agent.tau", {"low": 0.0, "high": 0.1, "log": True}, "above 0 for log"),
        ("agent.tau", {"low": float("nan"), "high": 0.1}, "finite"),
        ("agent.batch_size", {"low": 8.5, "high": 64, "integer": True}, "whole numbers"),
        ("agent.batch_size", {"choices": [8]}, "at least two"),
        ("agent.batch_size", {"choices": [8, "many"]}, "batch_size"),
        ("env.x", {"choices": [8, 9]}, "holds no settings"),
        ("agent.tau", 0.1, "agent.tau"),
    ],
)
def test_mistakes_are_told(path, values, words):
    with pytest.raises(ProblemsError, match=words):
        parse_space({path: values}, BASE, "test")


def test_every_mistake_is_told_at_once():
    data = {"agent.taw": {"low": 0.1, "high": 0.2}, "agent.tau": {"low": 3, "high": 1}}
    with pytest.raises(ProblemsError, match="2 problems"):
        parse_space(data, BASE, "test")


@pytest.mark.parametrize("data", [None, [], {}, "agent.tau"])
def test_an_empty_space_is_refused(data):
    with pytest.raises(ProblemsError, match="expected a mapping"):
        parse_space(data, BASE, "test")


def test_values_are_put_at_their_paths_in_a_copy():
    base = {"env": "x", "agent": {"tau": 0.1}}
    assert with_values(base, {"agent.tau": 0.2, "seed": 3}) == {
        "env": "x",
        "agent": {"tau": 0.2},
        "seed": 3,
    }
    assert base == {"env": "x", "agent": {"tau": 0.1}}


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_the_default_space_holds_for_every_algorithm(algo):
    space = default_space(algo, config_class(algo)())
    assert parse_space(space_to_plain(space), BASE | {"algo": algo}, algo) == space
    assert len(space) <= 7
    assert ("agent.tau" in space) is (algo != "crossq")
