"""`surefoot learn`: what it shows, and what it refuses before anything is written."""

import pytest

from rl_agent.cli import learn
from rl_agent.cli.learn_panel import rows
from rl_agent.cli.main import main
from rl_agent.exceptions import TrainingDivergedError
from rl_agent.learning.live_learner import LiveState
from rl_agent.learning.remote_training import RobotState

STATE = LiveState(
    env_step=2700,
    gradient_step=4000,
    num_owed=12,
    episode=30,
    mean_return=1.5,
    success_rate=0.9,
    policy_version=8,
)


def robot(**changes):
    values = {"robot_id": "arm-1", "is_connected": True, "num_taken": 2400, "num_episodes": 30}
    values |= {"success_rate": 0.9, "policy_version": 7} | changes
    return RobotState(**values)


def test_before_any_robot_came_it_says_so(tmp_path):
    shown = dict(rows(LiveState(), [], tmp_path))
    assert shown["robots"] == "none yet"
    assert shown["version"] == "none yet"


def test_each_robot_has_a_line(tmp_path):
    away = {"is_connected": False, "num_episodes": 0, "success_rate": None, "policy_version": 0}
    far = robot(robot_id="arm-2", num_taken=300, **away)
    shown = dict(rows(STATE, [robot(), far], tmp_path))
    assert shown["arm-1"] == "connected, 2400 steps, 30 episodes, success 90 %, has version 7"
    assert shown["arm-2"] == "away, 300 steps"
    assert shown["experience"] == "2700 steps"
    assert shown["episodes"] == "30; the last 20: return 1.50, 90 % succeeded"
    assert shown["learner"] == "4000 updates, 12 owed"
    assert shown["version"] == "8 published"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--listen", "10.0.0.2:7461"), "expected a shared key, found none"),
        (("--listen", "a b"), "--listen: expected HOST:PORT"),
        (("--key", "/nowhere/link.key"), "`surefoot keys link FILE` makes"),
        (("--env", "Pendulum-v1"), "is no robot's twin"),
    ],
)
def test_a_mistake_is_one_sentence_and_begins_no_run(tmp_path, capsys, options, words):
    out = tmp_path / "run"
    assert main(["learn", "--env", "sim:So101Reach-v0", "--out", str(out), *options]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not out.exists()


def test_a_run_that_is_there_is_gone_on_with_only_if_asked_to(tmp_path, capsys):
    (tmp_path / "config.yaml").touch()
    assert main(["learn", "--env", "sim:So101Reach-v0", "--out", str(tmp_path)]) == 2
    assert "add --resume" in capsys.readouterr().err


def end_of(monkeypatch, out, run):
    """Return the exit status of `surefoot learn`, and its page."""
    monkeypatch.setattr(learn, "_run", lambda *args: run(args[-1]))
    status = main(["learn", "--env", "sim:So101Reach-v0", "--out", str(out)])
    return status, (out / "live.html").read_text()


def test_its_end_leaves_a_page_and_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    out = tmp_path / "run"
    look = ("arm-1", "away, 300 steps")
    status, page = end_of(monkeypatch, out, lambda last_look: last_look.append(look))
    again = f"surefoot learn --resume --out {out}"
    assert status == 130  # as after Ctrl-C
    assert again in page and "away, 300 steps" in page and "so101, elsewhere" in page
    told = capsys.readouterr().out
    assert f"Go on with: {again}" in told and f"What became of it: {out / 'live.html'}" in told


def test_a_learner_that_diverged_leaves_a_page_too(tmp_path, monkeypatch, capsys):
    def diverge(last_look):
        raise TrainingDivergedError("the critics are lost")

    status, page = end_of(monkeypatch, tmp_path / "run", diverge)
    assert status == 2 and "How to go on" in page
    assert "the critics are lost" in capsys.readouterr().err
