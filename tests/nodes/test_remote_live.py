"""A live run whose learner is elsewhere: what is begun, what is refused, and what is started."""

import sys

import pytest
import yaml

from rl_agent.cli.train_settings import GivenOptions
from rl_agent.exceptions import ProblemsError, RemoteError, SurefootError
from rl_agent.learning.run_folder import holds_run, read_config
from rl_agent.remote.shared_key import make_shared_key_file
from surefoot_nodes.elsewhere import LearnerOptions, make_elsewhere
from surefoot_nodes.graph import GraphConfig, Link, make_graph
from surefoot_nodes.live import LiveOptions, prepare
from surefoot_nodes.remote_live import ID_FILE
from surefoot_nodes.up import UpOptions

GIVEN = GivenOptions(env="sim:So101Reach-v0")


@pytest.fixture
def key(tmp_path):
    make_shared_key_file(tmp_path / "link.key")
    return tmp_path / "link.key"


def options(run_dir, given=GIVEN, resume=False, up=None, **changes):
    values = {"learner": "127.0.0.1:9", "key": None, "robot_id": ""} | changes
    return LiveOptions(
        given=given,
        out=run_dir,
        should_resume=resume,
        minutes=0.0,
        up=up or UpOptions(goal_period_s=4.0),
        elsewhere=LearnerOptions(**values),
    )


def test_a_run_begins_as_one_with_a_learner_beside_it(tmp_path, key):
    run_dir = tmp_path / "run"
    up = prepare(options(run_dir, learner="10.0.0.2", key=key, robot_id="arm-1"))
    assert up.link == Link(learner="10.0.0.2:7461", key=str(key), robot_id="arm-1")
    assert (up.robot, up.task, up.policy_hz, up.actor) == ("so101", "reach", 20.0, "live")
    assert read_config(run_dir).agent.gamma is not None  # it could go on without a link as well
    assert (run_dir / "contract.json").exists()


def test_neither_pytorch_nor_gymnasium_is_needed(tmp_path, monkeypatch):
    for name in ("torch", "gymnasium"):
        for loaded in [m for m in sys.modules if m == name or m.startswith(name + ".")]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setitem(sys.modules, name, None)
    assert prepare(options(tmp_path / "run")).task == "reach"


def test_a_run_that_goes_on_is_known_by_the_name_that_it_had(tmp_path, monkeypatch):
    run_dir = tmp_path / "run"
    monkeypatch.setattr("socket.gethostname", lambda: "bench.local")
    assert prepare(options(run_dir)).link.robot_id == "bench-local"
    monkeypatch.setattr("socket.gethostname", lambda: "dhcp-17")
    again = options(run_dir, given=GivenOptions(), resume=True)
    assert prepare(again).link.robot_id == "bench-local"
    with pytest.raises(ProblemsError, match=r"--robot-id: .*'bench-local', not 'arm-2'"):
        prepare(options(run_dir, given=GivenOptions(), resume=True, robot_id="arm-2"))
    assert (run_dir / ID_FILE).read_text() == "bench-local\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"learner": "10.0.0.2:7461"}, "expected a shared key, found none"),
        ({"learner": "a b"}, "--learner: expected HOST:PORT"),
        ({"robot_id": "a/b"}, "robot_id: expected letters"),
        ({"given": GivenOptions(env="sim:So10Reach-v0")}, "no such twin"),
        ({"given": GivenOptions(env="sim:Twin-v0")}, "needs --set env_options.robot"),
        ({"up": UpOptions(speed="fast")}, "speed"),
    ],
    ids=str,
)
def test_a_mistake_begins_no_run(tmp_path, changes, words):
    run_dir = tmp_path / "run"
    with pytest.raises(SurefootError) as caught:
        prepare(options(run_dir, **changes))
    assert words in str(caught.value)
    assert not run_dir.exists()


def test_a_profile_of_ones_own_is_named_by_the_twins_options(tmp_path):
    sets = ("env_options.robot=cartpole", "env_options.task=swing_up")
    up = prepare(options(tmp_path / "run", given=GivenOptions(env="sim:Twin-v0", sets=sets)))
    assert (up.robot, up.task) == ("cartpole", "swing_up")


def test_a_key_that_others_may_read_is_refused(tmp_path, key):
    key.chmod(0o644)
    with pytest.raises(RemoteError, match="chmod 600"):
        prepare(options(tmp_path / "run", key=key))
    assert not holds_run(tmp_path / "run")


def test_lockstep_is_refused_for_it_would_wait_for_ever(tmp_path):
    lockstep = UpOptions(goal_period_s=4.0, is_lockstep=True)
    with pytest.raises(ProblemsError, match="--lockstep: waits for a learner of the same graph"):
        prepare(options(tmp_path / "run", up=lockstep))
    assert not (tmp_path / "run").exists()


def test_a_robot_that_was_changed_meanwhile_is_told(tmp_path):
    run_dir = tmp_path / "run"
    prepare(options(run_dir))
    config = yaml.safe_load((run_dir / "config.yaml").read_text())
    config["train"]["env_options"] = {"policy_hz": 50.0}
    (run_dir / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(SurefootError, match="policy rate"):
        prepare(options(run_dir, given=GivenOptions(), resume=True))


def test_a_link_takes_the_learners_place(tmp_path):
    link = Link(learner="10.0.0.2:7461", key="/k", robot_id="arm-1", keep_versions=5)
    config = GraphConfig(run="/run", link=link)
    nodes = {node.executable: node for node in make_graph("robot", config)}
    assert "learner_node" not in nodes
    values = nodes["link_node"].parameters
    assert (values["learner"], values["key"], values["robot_id"]) == (
        "10.0.0.2:7461",
        "/k",
        "arm-1",
    )
    assert (values["keep_versions"], values["task"]) == (5, "reach")
    for folder in ("store", "journal"):
        assert values[folder] == nodes["policy_node"].parameters[folder]
    assert nodes["link_node"].respawn


def test_what_is_for_a_learner_elsewhere_needs_one(tmp_path):
    assert make_elsewhere("", None, "") is None
    with pytest.raises(ProblemsError, match=r"(?s)--key: is for --learner.*--robot-id"):
        make_elsewhere("", tmp_path, "arm-1")


def test_no_robot_acts_in_the_folder_of_a_learner_of_others(tmp_path):
    (tmp_path / "robots").mkdir()
    with pytest.raises(ProblemsError, match="is a run of `surefoot learn`"):
        prepare(options(tmp_path))
    assert not holds_run(tmp_path)
