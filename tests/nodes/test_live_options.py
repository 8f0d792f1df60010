"""A mistake in what `surefoot live` is asked for begins no run; what is right reaches the nodes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from transitions import LAYOUT, transition

from rl_agent.cli.train_settings import GivenOptions
from rl_agent.data.journal import JournalWriter
from rl_agent.deploy.signing import make_key_file
from rl_agent.exceptions import BundleError, GraphError, JudgingError, ProblemsError, ProfileError
from rl_agent.judging.success_classifier import SuccessClassifier, read_classifier
from rl_agent.learning.run_folder import holds_run, journal_dir, read_config
from rl_agent.robots.profile import ROBOTS_DIR
from surefoot_nodes import live
from surefoot_nodes.elsewhere import LearnerOptions
from surefoot_nodes.graph import make_graph
from surefoot_nodes.live import LiveOptions, prepare, run_live
from surefoot_nodes.up import UpOptions, make_config

GIVEN = GivenOptions(env="sim:So101Reach-v0", algo=None, seed=None, config=None, sets=None)


@pytest.mark.parametrize(
    ("name", "value"), [("domain", 200), ("log_level", "loud"), ("speed", "fast")]
)
def test_a_wrong_option_leaves_no_run_behind(tmp_path, name, value):
    run_dir = tmp_path / "run"
    up = UpOptions(**{name: value})
    options = LiveOptions(given=GIVEN, out=run_dir, should_resume=False, minutes=0.0, up=up)
    with pytest.raises(ProfileError, match=name.replace("_", "-")):
        run_live("twin", options)
    assert not holds_run(run_dir)


@pytest.mark.parametrize(("own", "other"), [("robot", "twin"), ("twin", "robot")])
def test_twin_and_robot_do_not_go_on_with_each_others_runs(tmp_path, monkeypatch, own, other):
    graphs = []
    monkeypatch.setattr(live, "run_graph", lambda kind, up, **_: graphs.append(kind) or 0)
    run_live(own, options_of(tmp_path / "run"))
    again = options_of(tmp_path / "run", should_resume=True)
    with pytest.raises(ProblemsError, match=f"`surefoot live {own} --resume`"):
        run_live(other, again)
    run_live(own, again)
    assert graphs == [own, own]


def end_of(monkeypatch, capsys, kind, options, graph=lambda: 0):
    """Return what run_live says at its end, and its page."""
    monkeypatch.setattr(live, "run_graph", lambda *_, **__: graph())
    run_live(kind, options)
    return capsys.readouterr().out, (options.out / "live.html").read_text()


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (
            [("promoted", 1), ("trusted", 1), ("promoted", 2)],
            "version 1, no worse than those before",
        ),
        ([("promoted", 1), ("rolled_back", 1), ("promoted", 2)], "version 2, not judged yet"),
    ],
)
def test_the_end_says_which_version_to_take_home(tmp_path, monkeypatch, capsys, kinds, expected):
    run = tmp_path / "run"

    def graph():
        for version in (1, 2):
            (run / f"policies/versions/{version:06d}").mkdir(parents=True)
        events = [{"kind": k, "policy_version": v, "bundle_hash": "a"} for k, v in kinds]
        (run / "swaps.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
        return 0

    out, page = end_of(monkeypatch, capsys, "twin", options_of(run), graph)
    number = int(expected.split()[1].rstrip(","))
    command = f"surefoot up twin --robot so101 --bundle {run}/policies/versions/{number:06d}"
    assert f"Drive with {expected}: {command}" in out
    assert command in page


def test_what_to_type_next_reaches_the_same_robot(tmp_path, monkeypatch, capsys):
    run = tmp_path / "my runs"

    def graph():
        (run / "policies/versions/000001").mkdir(parents=True)
        event = {"kind": "promoted", "policy_version": 1, "bundle_hash": "a"}
        (run / "swaps.jsonl").write_text(json.dumps(event) + "\n")
        return 0

    up = UpOptions(goal_period_s=4.0, namespace="arm1", domain=5, speed="0.5", has_teleop=True)
    out, _ = end_of(monkeypatch, capsys, "robot", options_of(run, up=up), graph)
    reached = "--namespace arm1 --domain 5 --speed 0.5 --teleop"
    assert f"surefoot live robot --resume --out '{run}' {reached}\n" in out
    bundle = run / "policies/versions/000001"
    drive = f"surefoot up robot --robot so101 --bundle '{bundle}' {reached} --goal-period 4\n"
    assert drive in out
    assert f"surefoot health '{run}'" in out


def test_where_nobody_acted_there_is_nothing_to_take_home(tmp_path, monkeypatch, capsys):
    out, _ = end_of(monkeypatch, capsys, "twin", options_of(tmp_path / "run"))
    assert "--bundle" not in out


def test_the_page_of_a_robots_run_says_how_to_go_on_with_the_robot(tmp_path, monkeypatch, capsys):
    out, page = end_of(monkeypatch, capsys, "robot", options_of(tmp_path / "run"))
    assert f"Go on with: surefoot live robot --resume --out {tmp_path / 'run'}" in out
    assert f"What became of it: {tmp_path / 'run/live.html'}" in out
    assert "surefoot live robot --resume" in page and "live twin" not in page
    assert "a real so101" in page


def test_a_run_whose_learner_is_elsewhere_leaves_a_page_here_too(tmp_path, monkeypatch, capsys):
    elsewhere = LearnerOptions(learner="127.0.0.1:9", key=None, robot_id="arm-1")
    options = options_of(tmp_path / "run", elsewhere=elsewhere)
    out, page = end_of(monkeypatch, capsys, "twin", options)
    assert "--learner 127.0.0.1:9" in out and "--learner 127.0.0.1:9" in page
    assert "known as arm-1 to the learner at 127.0.0.1:9" in page


def test_a_graph_that_breaks_leaves_a_page_and_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    def graph():
        raise GraphError("the gate died")

    with pytest.raises(GraphError, match="the gate died"):
        end_of(monkeypatch, capsys, "twin", options_of(tmp_path / "run"), graph)
    assert "surefoot live twin --resume" in capsys.readouterr().out
    assert (tmp_path / "run/live.html").exists()


def test_a_full_disk_at_the_end_is_no_traceback(tmp_path, monkeypatch, capsys):
    def graph():
        (tmp_path / "run/live.html").mkdir()  # what replaces it is refused, as by a full disk
        return 0

    monkeypatch.setattr(live, "run_graph", lambda *_, **__: graph())
    assert run_live("twin", options_of(tmp_path / "run")) == 0
    out = capsys.readouterr().out
    assert "was not written" in out and "Go on with: surefoot live twin" in out


def options_of(run_dir, *, env="sim:So101Reach-v0", sets=(), goal_period_s=4.0, **options):
    given = replace(GIVEN, env=env, sets=list(sets))
    values = dict(given=given, out=run_dir, should_resume=False, minutes=0.0)
    values["up"] = UpOptions(goal_period_s=goal_period_s)
    return LiveOptions(**{**values, **options})


def parameters(up):
    return {node.executable: node.parameters for node in make_graph("twin", make_config(up))}


@pytest.mark.parametrize(
    ("env", "sets", "words"),
    [
        ("So101Reach-v0", (), "did you mean 'sim:So101Reach-v0'"),
        (
            "my_arm.yaml",
            (),
            "your own robot: --env sim:Twin-v0 --set env_options.robot=",
        ),
        ("sim:Twin-v0", ("env_options.task=reach",), "needs --set env_options.robot=..."),
    ],
)
def test_an_environment_that_no_learner_could_open_begins_no_run(tmp_path, env, sets, words):
    with pytest.raises(ProblemsError, match=re.escape(words)):
        prepare(options_of(tmp_path / "run", env=env, sets=sets))
    assert not holds_run(tmp_path / "run")


def test_a_robot_of_ones_own_is_named_by_its_profile(tmp_path):
    profile = tmp_path / "my_arm.yaml"
    text = (ROBOTS_DIR / "so101.yaml").read_text()
    profile.write_text(text.replace("model: ", f"model: {ROBOTS_DIR}/", 1))
    sets = (f"env_options.robot={profile}", "env_options.task=reach")
    up = prepare(options_of(tmp_path / "run", env="sim:Twin-v0", sets=sets))
    assert (up.robot, up.task) == (str(profile), "reach")


def test_without_pytorch_one_is_told_before_a_run_begins(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ProblemsError, match=r"needs PyTorch: pip install 'surefoot\[train\]'"):
        prepare(options_of(tmp_path / "run"))
    assert not holds_run(tmp_path / "run")


SPARSE = ("relabel.fraction=0",)


def test_reset_and_judge_become_settings_of_the_run_and_parameters_of_its_nodes(tmp_path):
    run_dir = tmp_path / "run"
    up = prepare(options_of(run_dir, sets=SPARSE, reset="start", judge="human"))
    live = read_config(run_dir).live
    assert (live.reset, live.judge) == ("start", "human")
    nodes = parameters(up)
    assert (nodes["policy_node"]["reset"], nodes["policy_node"]["judge"]) == ("start", "human")
    assert not nodes["goal_node"]["alternates"]


def test_without_them_everything_is_as_it_was(tmp_path):
    nodes = parameters(prepare(options_of(tmp_path / "run")))
    assert (nodes["policy_node"]["reset"], nodes["policy_node"]["judge"]) == ("none", "task")


def test_backward_lets_the_goals_alternate(tmp_path):
    nodes = parameters(prepare(options_of(tmp_path / "run", reset="backward")))
    assert nodes["goal_node"]["alternates"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reset": "sideways"}, "live.reset"),
        ({"sets": ("agent.exploration=gsde",)}, "no exported policy tells"),
        ({"judge": "human"}, "relabel.fraction must be 0"),
        ({"reset": "backward", "env": "sim:CartpoleSwingUp-v0"}, "backward needs goals"),
        ({"reset": "backward", "goal_period_s": 0.0}, "backward needs goals"),
        ({"judge": "human", "env": "sim:CartpoleSwingUp-v0"}, "nothing undoes what was judged"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_begins_no_run(tmp_path, options, words):
    run_dir = tmp_path / "run"
    with pytest.raises(ProblemsError, match=words):
        prepare(options_of(run_dir, **options))
    assert not holds_run(run_dir)


def test_a_resumed_run_keeps_its_judge_but_may_be_reset_in_another_way(tmp_path):
    run_dir = tmp_path / "run"
    prepare(options_of(run_dir, reset="human"))
    again = {"should_resume": True, "sets": ()}
    with pytest.raises(ProblemsError, match="begun with 'task'"):
        prepare(options_of(run_dir, judge="human", **again))
    assert prepare(options_of(run_dir, **again)).reset == "human"
    assert prepare(options_of(run_dir, reset="start", judge="task", **again)).reset == "start"
    assert read_config(run_dir).live.reset == "human"


def classifier(**changes):
    values = dict(
        task={"task": "ReachTask", "goal_dim": 3},
        context_dim=3,
        goal_dim=3,
        mean=np.zeros(6),
        scale=np.ones(6),
        weights=np.zeros(27),
        bias=-1.0,
    )
    return SuccessClassifier(**{**values, **changes})


def test_a_run_keeps_the_classifier_that_it_began_with(tmp_path):
    path, run_dir = tmp_path / "judge.json", tmp_path / "run"
    classifier().write(path)
    up = prepare(options_of(run_dir, sets=SPARSE, judge=str(path)))
    assert Path(up.judge) == run_dir / "judge.json"
    classifier(bias=5.0).write(path)
    again = prepare(options_of(run_dir, should_resume=True))
    assert again.judge == up.judge and read_classifier(Path(up.judge)).bias == -1.0


def test_a_resumed_run_knows_its_classifier_by_a_relative_path_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    classifier().write(Path("judge.json"))
    prepare(options_of(tmp_path / "run", sets=SPARSE, judge="judge.json"))
    up = prepare(options_of(tmp_path / "run", judge="judge.json", should_resume=True))
    assert Path(up.judge) == tmp_path / "run/judge.json"
    with pytest.raises(ProblemsError, match="its rewards keep their meaning"):
        prepare(options_of(tmp_path / "run", judge="other.json", should_resume=True))


def test_a_classifier_of_another_task_or_none_begins_no_run(tmp_path):
    path, run_dir = tmp_path / "judge.json", tmp_path / "run"
    path.write_text(json.dumps({"schema_version": 1}))
    with pytest.raises(JudgingError, match="is no success classifier"):
        prepare(options_of(run_dir, sets=SPARSE, judge=str(path)))
    classifier(task={"task": "WalkTask"}).write(path)
    with pytest.raises(JudgingError, match="ReachTask"):
        prepare(options_of(run_dir, sets=SPARSE, judge=str(path)))
    with pytest.raises(JudgingError, match="no such file"):
        prepare(options_of(run_dir, sets=SPARSE, judge=str(tmp_path / "none")))
    assert not holds_run(run_dir)


def pinned_twin(tmp_path, key):
    """Return options for the twin of an so101 that takes policies of this key alone."""
    profile = tmp_path / "so101.yaml"
    data = yaml.safe_load((ROBOTS_DIR / "so101.yaml").read_text())
    profile.write_text(yaml.safe_dump({**data, "signing_key": key}))
    return [f"env_options.robot={profile}"]


def test_who_learns_on_a_robot_with_a_pinned_key_signs_or_begins_no_run(tmp_path):
    key = make_key_file(tmp_path / "key.pem")
    make_key_file(tmp_path / "other.pem")
    sets, run_dir = pinned_twin(tmp_path, key), tmp_path / "run"
    with pytest.raises(BundleError, match=r"--sign KEY\.pem"):
        prepare(options_of(run_dir, sets=sets))
    with pytest.raises(BundleError, match="belongs to the pinned one"):
        prepare(options_of(run_dir, sets=sets, sign=tmp_path / "other.pem"))
    assert not holds_run(run_dir)
    prepare(options_of(run_dir, sets=sets, sign=tmp_path / "key.pem"))
    assert read_config(run_dir).live.sign == str(tmp_path / "key.pem")
    again = {"should_resume": True, "sets": ()}
    prepare(options_of(run_dir, **again))
    with pytest.raises(ProblemsError, match=r"--sign.*key\.pem.*config\.yaml"):
        prepare(options_of(run_dir, sign=tmp_path / "other.pem", **again))


def test_noise_reaches_the_process_that_acts_as_the_settings_have_it(tmp_path):
    sets = ("agent.exploration=ou", "agent.exploration_theta=0.4", "random_hold=7")
    td3 = replace(GIVEN, algo="td3", sets=sets)
    options = replace(options_of(tmp_path / "run"), given=td3)
    values = parameters(prepare(options))["policy_node"]
    assert (values["exploration"], values["exploration_theta"]) == ("ou", 0.4)
    assert (values["is_noise_last"], values["random_hold"]) == (True, 7)
    assert (
        parameters(prepare(options_of(tmp_path / "sac")))["policy_node"]["is_noise_last"] is False
    )


def seeds_of(up):
    nodes = parameters(up)
    return {nodes[name]["seed"] for name in ("policy_node", "goal_node")}


def live_for(run_dir, num_steps):
    """Let a run's robot make steps."""
    journal = JournalWriter(journal_dir(run_dir), LAYOUT)
    for index in range(num_steps):
        journal.append(transition(index))
    journal.close()


def test_each_session_of_a_run_draws_anew_and_the_first_from_the_runs_own_seed(tmp_path):
    told = []
    for name in ("one", "other"):
        run_dir = tmp_path / name
        seeds = [seeds_of(prepare(options_of(run_dir, sets=("seed=4",))))]
        again = options_of(run_dir, should_resume=True)
        for num_steps in (0, 3, 3):
            live_for(run_dir, num_steps)
            seeds.append(seeds_of(prepare(again)))
        told.append(seeds)
    # Before its first step a run has drawn nothing that anybody kept.
    assert told[0][:2] == [{4}, {4}]
    drawn = [*told[0][1], *told[0][2], *told[0][3]]
    assert len(drawn) == len(set(drawn)) == 3
    assert told[0] == told[1]  # and as repeatable as ever


def test_robots_of_one_learner_draw_differently_from_the_first_step(tmp_path):
    seeds = []
    for name in ("arm-1", "arm-2", "arm-1"):
        elsewhere = LearnerOptions(learner="127.0.0.1:9", key=None, robot_id=name)
        up = prepare(options_of(tmp_path / f"{len(seeds)}", elsewhere=elsewhere))
        seeds.append(seeds_of(up))
    assert seeds[0] == seeds[2] and len(seeds[0] | seeds[1] | {0}) == 3


def test_how_the_journal_is_written_reaches_the_process_that_writes_it(tmp_path):
    sets = ("journal.sync=always", "journal.sync_interval_s=0.5", "journal.segment_records=70")
    values = parameters(prepare(options_of(tmp_path / "run", sets=sets)))["policy_node"]
    names = ("journal_sync", "journal_sync_interval_s", "journal_segment_records")
    assert [values[name] for name in names] == ["always", 0.5, 70]
    assert type(values["journal_sync"]) is str  # what a parameter holds
    with pytest.raises(ProblemsError, match="segment_records"):
        prepare(options_of(tmp_path / "other", sets=("journal.segment_records=0",)))
