from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from bundles import make_bundle

from rl_agent.cli.main import main
from rl_agent.deploy.signing import Signer, make_key_file
from rl_agent.exceptions import SurefootError
from rl_agent.robots.profile import ROBOTS_DIR, load_robot
from rl_agent.tasks.registry import make_task
from sim.kinematics import MujocoKinematics
from surefoot_nodes.up import UpOptions, make_config

TWINS_OWN = {"goal_period_s": 4.0, "auto_arm": True, "speed": "1.0"}
PAIR = (("policy", "ur5e"), ("safety", "so101"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Of a policy at 50 Hz."""
    spec = load_robot("so101", policy_hz=50.0)
    task = make_task("reach", spec, MujocoKinematics(spec))
    return make_bundle(tmp_path_factory.mktemp("up") / "bundle", spec, task)


def test_without_a_bundle_something_moves_all_the_same():
    config = make_config(UpOptions())
    assert (config.acts_as, config.task) == ("dls", "reach")


def test_bundle_brings_its_task_and_rate(bundle):
    config = make_config(UpOptions(bundle=bundle))
    assert (config.acts_as, config.task, config.policy_hz) == ("onnx", "reach", 50.0)


def test_bundle_at_another_rate_is_refused_with_both_rates(bundle):
    with pytest.raises(SurefootError, match=r"(?s)policy_hz.*50.*20|policy_hz.*20.*50"):
        make_config(UpOptions(bundle=bundle, policy_hz=20.0))


def test_bundle_of_another_robot_is_refused(bundle):
    with pytest.raises(SurefootError, match="robot"):
        make_config(UpOptions(bundle=bundle, robot="ur5e"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"robot": "so10"}, "so101"),
        ({"robot": "/nowhere/arm.yaml"}, "arm.yaml"),
        ({"bundle": Path("/nowhere")}, "nowhere"),
        ({"params": Path("/nowhere.yaml")}, "nowhere.yaml"),
        ({"actor": "onnx"}, "--bundle"),
        ({"actor": "dsl"}, "did you mean 'dls'"),
        ({"task": "swing_up"}, "--task"),
        ({"task": "rech", "actor": "random"}, "did you mean 'reach'"),
        ({"policy_hz": 500.0}, "from 0 to 200"),
        ({"domain": 300}, "--domain"),
        ({"log_level": "loud"}, "--log-level"),
        ({"record": Path("/tmp")}, "exists already"),
    ],
)
def test_mistakes_are_named_before_anything_starts(options, words):
    with pytest.raises(SurefootError, match=words):
        make_config(UpOptions(**options))


@pytest.fixture
def pinned(tmp_path):
    """A profile that pins a key, and who holds it."""
    key = make_key_file(tmp_path / "key.pem")
    data = yaml.safe_load((ROBOTS_DIR / "so101.yaml").read_text())
    (tmp_path / "so101.yaml").write_text(yaml.safe_dump({**data, "signing_key": key}))
    return str(tmp_path / "so101.yaml"), Signer.load(tmp_path / "key.pem")


def test_a_robot_that_pins_a_key_is_not_brought_up_with_an_unsigned_policy(bundle, pinned):
    robot, _ = pinned
    with pytest.raises(SurefootError, match=r"is not signed.*--sign KEY\.pem"):
        make_config(UpOptions(bundle=bundle, robot=robot))


def test_what_an_unsigned_bundle_names_is_not_imported(tmp_path, pinned, monkeypatch):
    robot, _ = pinned
    (tmp_path / "intruder.py").write_text("raise SystemExit('was imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    spec = load_robot("so101")
    task = make_task("reach", spec, MujocoKinematics(spec))
    bundle = make_bundle(tmp_path / "b", spec, task, task_name="intruder:Task")
    with pytest.raises(SurefootError, match="is not signed"):
        make_config(UpOptions(bundle=bundle, robot=robot))


def test_a_robot_that_pins_a_key_is_brought_up_with_what_it_signed(tmp_path, pinned):
    robot, signer = pinned
    spec = load_robot(robot)
    task = make_task("reach", spec, MujocoKinematics(spec))
    bundle = make_bundle(tmp_path / "b", spec, task, signer=signer)
    assert make_config(UpOptions(bundle=bundle, robot=robot)).acts_as == "onnx"


def test_black_box_has_a_place_of_its_own_wherever_one_stands(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert make_config(UpOptions(blackbox="boxes")).blackbox == str(tmp_path / "boxes")
    assert make_config(UpOptions(blackbox="")).blackbox == ""


def test_black_box_is_on_unless_told_otherwise(monkeypatch):
    asked = []
    monkeypatch.setattr("surefoot_nodes.up.run_graph", lambda kind, o: asked.append(o) or 0)
    for words in ([], ["--blackbox", "b"], ["--blackbox", ""], ["--no-blackbox"]):
        main(["up", "twin", *words])
        main(["up", "robot", *words])
    assert [options.blackbox for options in asked[::2]] == ["runs/blackbox", "b", "", ""]
    assert asked[::2] == [replace(options, **TWINS_OWN) for options in asked[1::2]]


def test_nobody_needs_a_task_where_nobody_acts():
    config = make_config(UpOptions(robot="cartpole", actor="none"))
    assert config.acts_as == "none"


def test_several_mistakes_are_listed_at_once():
    with pytest.raises(SurefootError, match=r"(?s)2 problems.*--actor|2 problems.*--domain"):
        make_config(UpOptions(actor="dsl", domain=-1))


def test_robot_and_rates_of_a_parameter_file_hold_for_all_nodes(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("/**: {ros__parameters: {robot: ur5e, policy_hz: 25}}\n")
    config = make_config(UpOptions(params=path))
    assert (config.robot, config.policy_hz) == ("ur5e", 25.0)
    path.write_text("policy_node: {ros__parameters: {gate_hz: 200}}\n")
    assert make_config(UpOptions(params=path)).gate_hz == 200.0


def test_robots_that_differ_between_nodes_are_refused(tmp_path):
    path = tmp_path / "params.yaml"
    sections = [f"{node}_node: {{ros__parameters: {{robot: {robot}}}}}" for node, robot in PAIR]
    path.write_text("\n".join(sections))
    with pytest.raises(SurefootError, match="safety_node has so101"):
        make_config(UpOptions(params=path))


def test_swing_up_has_no_goals():
    assert not make_config(UpOptions(robot="cartpole", task="swing_up", actor="random")).has_goals
