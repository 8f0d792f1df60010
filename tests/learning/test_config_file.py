import pytest

from rl_agent.exceptions import ProblemsError, SurefootError
from rl_agent.learning.config_file import load_settings, parse_config, preset_for, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_holds(name):
    settings = load_settings(name)
    config = parse_config(settings, name)
    assert config.env == settings["env"]
    assert preset_for(config.env) == name


def test_what_is_not_named_keeps_its_default():
    config = parse_config({"env": "X-v0", "agent": {"utd_ratio": 4}}, "test")
    assert (config.agent.utd_ratio, config.agent.batch_size, config.seed) == (4.0, 256, 0)


def test_all_mistakes_are_listed_at_once_with_the_nearest_name():
    data = {
        "env": "X-v0",
        "num_stepss": 3,
        "seed": "many",
        "agent": {"utd_ration": 2, "gamma": float("nan"), "actor_hidden_dims": [8, "x"]},
        "relabel": {"fraction": 1.5},
        "journal": {"sync": "sometimes"},
    }
    with pytest.raises(ProblemsError) as caught:
        parse_config(data, "my.yaml")
    text = str(caught.value)
    assert "my.yaml: 7 problems" in text
    for words in (
        "num_stepss: is not a known key; did you mean 'num_steps'?",
        "seed: ",
        "agent.utd_ration: is not a known key; did you mean 'utd_ratio'?",
        "agent.gamma: ",
        "agent.actor_hidden_dims.1: ",
        "relabel: fraction must be in [0, 1]",
        "journal.sync: ",
    ):
        assert words in text


@pytest.mark.parametrize(
    "changes",
    [
        {"num_steps": 0},
        {"learning_starts": 0},
        {"seed": -1},
        {"checkpoint_every_s": 0.0},
        {"buffer_size": 2, "agent": {"n_step": 3}},
        {"evaluation": {"every": 0}},
        {"evaluation": {"stop_at_success": 0.0}},
        {"live": {"utd_ratio": 0.0}},
        {"live": {"actor_average_rate": 1.5}},
    ],
)
def test_senseless_numbers_are_refused(changes):
    with pytest.raises(ProblemsError, match=r"must"):
        parse_config({"env": "X-v0"} | changes, "test")


@pytest.mark.parametrize("data", [None, [], "text"])
def test_a_file_that_is_no_mapping_is_refused(data):
    with pytest.raises(ProblemsError, match="expected a mapping"):
        parse_config(data, "test")


def test_unknown_presets_and_files_are_named(tmp_path):
    with pytest.raises(ProblemsError, match="did you mean 'pendulum'"):
        load_settings("pendulm")
    with pytest.raises(SurefootError, match="cannot be read"):
        load_settings(str(tmp_path / "none.yaml"))
    assert preset_for("Unknown-v0") is None


def test_a_users_file_is_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("env: Pendulum-v1\nagent: {batch_size: 32}\n")
    assert parse_config(load_settings(str(path)), str(path)).agent.batch_size == 32
