from pathlib import Path

import pytest
from small_training import ENV, small_config

from rl_agent.algorithms.registry import ALGORITHMS
from rl_agent.algorithms.td3_config import Td3Config
from rl_agent.cli import train
from rl_agent.cli.train_settings import (
    GivenOptions,
    fresh_config,
    resumed_config,
    settle_run,
)
from rl_agent.data import folder_lock
from rl_agent.data.folder_lock import hold_journal
from rl_agent.exceptions import BusyError, ProblemsError
from rl_agent.learning.run_folder import journal_dir, write_config


def test_options_win_over_the_preset_of_the_environment():
    plain = fresh_config(GivenOptions(env="Pendulum-v1"))
    changed = fresh_config(
        GivenOptions(
            env="Pendulum-v1", steps=7, seed=5, sets=["agent.batch_size=32", "agent.tau=0.1"]
        )
    )
    assert plain.agent.batch_size == 128
    assert (changed.num_steps, changed.seed) == (7, 5)
    assert (changed.agent.batch_size, changed.agent.tau) == (32, 0.1)


@pytest.mark.parametrize("names_folder", [True, False])
def test_a_run_that_somebody_works_on_is_not_gone_on_with(tmp_path, monkeypatch, names_folder):
    monkeypatch.setattr(folder_lock, "PATIENCE_S", 0.0)
    monkeypatch.chdir(tmp_path)
    run_dir = Path("runs/live-Pendulum-v1")
    given = GivenOptions(env="Pendulum-v1")
    write_config(run_dir, fresh_config(given))
    out = run_dir if names_folder else None
    with hold_journal(journal_dir(run_dir)), pytest.raises(BusyError, match="this journal"):
        settle_run(given, out, "live", should_resume=True)
    config, found = settle_run(given, out, "live", should_resume=True)
    assert (config.env, found) == ("Pendulum-v1", run_dir)


def test_an_environment_without_a_preset_takes_the_defaults():
    assert fresh_config(GivenOptions(env=ENV)).agent.batch_size == 256


def test_a_preset_may_serve_another_environment():
    config = fresh_config(GivenOptions(env=ENV, config="pendulum"))
    assert (config.env, config.agent.batch_size) == (ENV, 128)


def test_another_algorithm_takes_from_the_preset_what_it_knows():
    config = fresh_config(GivenOptions(env="sim:So101Reach-v0", algo="td3"))
    assert type(config.agent) is Td3Config
    assert (config.agent.utd_ratio, config.agent.batch_size) == (2, 128)


def test_the_help_names_every_algorithm():
    source = Path(train.__file__).read_text()
    assert all(name in source for name in ALGORITHMS)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (GivenOptions(), "which environment"),
        (GivenOptions(env=ENV, sets=["agent.batch_size"]), "expected name=value"),
        (GivenOptions(env=ENV, sets=["seed.x=1"], seed=3), "seed holds no settings"),
        (GivenOptions(env=ENV, sets=["agent.bath_size=3"]), "did you mean 'batch_size'"),
        (GivenOptions(env=ENV, sets=["agent.tau=[1"]), "is not YAML"),
    ],
)
def test_mistakes_are_told(given, words):
    with pytest.raises(ProblemsError, match=words):
        fresh_config(given)


def test_a_resumed_run_keeps_its_settings_but_for_its_length(tmp_path):
    config = small_config()
    write_config(tmp_path, config)
    assert resumed_config(tmp_path, GivenOptions()) == config
    assert resumed_config(tmp_path, GivenOptions(steps=999, seed=3)).num_steps == 999
    with pytest.raises(ProblemsError) as caught:
        resumed_config(tmp_path, GivenOptions(env="X-v0", seed=4, config="y", sets=["a=1"]))
    assert "4 problems" in str(caught.value)


@pytest.mark.parametrize(
    ("out", "words"),
    [(None, "which run\\? Name its folder; give it with --out"), (Path("nope"), "no run in nope")],
)
def test_to_go_on_takes_a_run_that_is_there(tmp_path, monkeypatch, out, words):
    monkeypatch.chdir(tmp_path)
    write_config(Path("runs/live-mine"), fresh_config(GivenOptions(env="Pendulum-v1")))
    told = rf"surefoot live.*--resume: .*{words}.*\(here are runs/live-mine\)"
    with pytest.raises(ProblemsError, match=rf"(?s){told}"):
        settle_run(GivenOptions(), out, "live", should_resume=True)
