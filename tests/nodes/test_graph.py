import pytest

from surefoot_nodes.graph import KINDS, GraphConfig, make_graph
from surefoot_nodes.parameter_tables import TABLES
from surefoot_nodes.parameters import check_values


def names(kind, **choices):
    return [node.executable for node in make_graph(kind, GraphConfig(**choices))]


def node(kind, name, **choices):
    return next(n for n in make_graph(kind, GraphConfig(**choices)) if n.executable == name)


def test_twin_graph_starts_the_robot_before_the_gate_before_the_policy():
    assert names("twin") == ["twin_node", "safety_node", "policy_node", "goal_node"]


def test_robot_graph_is_the_twins_without_the_twin():
    assert names("robot") == ["safety_node", "policy_node", "goal_node"]


def test_observing_starts_no_gate():
    assert names("observe", goal_period_s=0.0) == ["policy_node"]
    assert node("observe", "policy_node").parameters["observe_only"] is True
    assert node("robot", "policy_node").parameters["observe_only"] is False


def test_a_liar_stands_between_the_twin_and_its_readers():
    assert names("faults")[:2] == ["twin_node", "fault_node"]
    assert node("faults", "twin_node").remaps == (("joint_states", "joint_states_true"),)
    others = [n for n in make_graph("faults", GraphConfig()) if n.executable != "twin_node"]
    assert all(n.remaps == () for n in others)
    assert node("twin", "twin_node").remaps == ()


def test_recorder_comes_first():
    assert names("twin", record="out")[0] == "recorder_node"
    assert node("twin", "recorder_node", record="out").parameters["out"] == "out"


@pytest.mark.parametrize("kind", ["twin", "robot"])
def test_black_box_listens_before_there_is_anything_to_hear(kind):
    assert names(kind, blackbox="/boxes")[0] == "blackbox_node"
    spec = node(kind, "blackbox_node", blackbox="/boxes")
    assert (spec.parameters["folder"], spec.respawn) == ("/boxes", True)


def test_without_a_gate_there_is_no_black_box():
    assert "blackbox_node" not in names("observe", blackbox="/boxes")


@pytest.mark.parametrize("choices", [{"goal_period_s": 0.0}, {"has_goals": False}])
def test_goals_may_come_from_elsewhere(choices):
    assert "goal_node" not in names("twin", **choices)


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_of_every_node_is_known_and_right(kind):
    for spec in make_graph(kind, GraphConfig(policy_hz=50, record="out", blackbox="boxes")):
        assert check_values(spec.executable, spec.parameters) == []
        assert spec.executable in TABLES


def test_all_nodes_share_robot_and_rates():
    config = GraphConfig(robot="ur5e", policy_hz=25.0, gate_hz=125.0)
    shared = {
        (n.parameters["robot"], n.parameters["policy_hz"], n.parameters["gate_hz"])
        for n in make_graph("twin", config)
    }
    assert shared == {("ur5e", 25.0, 125.0)}


def test_parameter_file_wins():
    overrides = {"goal_node": {"goal_period_s": 9.0}}
    assert node("twin", "goal_node", overrides=overrides).parameters["goal_period_s"] == 9.0


@pytest.mark.parametrize(
    ("choices", "actor"),
    [({}, "dls"), ({"bundle": "b"}, "onnx"), ({"bundle": "b", "actor": "random"}, "random")],
)
def test_bundle_acts_unless_told_otherwise(choices, actor):
    assert node("twin", "policy_node", **choices).parameters["actor"] == actor


def test_without_an_actor_only_a_human_moves_the_robot():
    names = {
        kind: [n.executable for n in make_graph(kind, GraphConfig(actor="none"))]
        for kind in KINDS[:2]
    }
    assert names == {"twin": ["twin_node", "safety_node"], "robot": ["safety_node"]}
