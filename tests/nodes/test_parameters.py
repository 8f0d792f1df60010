import math

import pytest

from rl_agent.exceptions import ProfileError
from surefoot_nodes.parameter import Parameter
from surefoot_nodes.parameter_tables import TABLES
from surefoot_nodes.parameters import (
    check_arguments,
    check_values,
    read_parameter_file,
    to_argument,
    typed_values,
)


def write(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return path


def problems_of(error):
    return {problem.path: problem.message for problem in error.value.problems}


def test_every_default_passes_its_own_check():
    for node, table in TABLES.items():
        assert check_values(node, {p.name: p.default for p in table}) == []


def test_every_parameter_is_described():
    assert all(p.description.endswith((".", "]")) for table in TABLES.values() for p in table)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("policy_hz", "fast", "expected a number, got 'fast'"),
        ("policy_hz", True, "expected a number"),
        ("policy_hz", math.nan, "from 0 to 200, got nan"),
        ("policy_hz", -1.0, "from 0 to 200, got -1"),
        ("policy_hz", 201, "from 0 to 200, got 201"),
        ("seed", 1.5, "expected a whole number, got 1.5"),
        ("observe_only", 1, "expected true or false, got 1"),
        ("bundle", 3, "expected a string, got 3"),
        ("actor", "dsl", "did you mean 'dls'"),
        ("actr", "dls", "did you mean 'actor'"),
    ],
)
def test_wrong_values_are_refused_with_key_and_reason(name, value, words):
    (problem,) = check_values("policy_node", {name: value})
    assert problem.path == name
    assert words in problem.message


@pytest.mark.parametrize("value", [0.0, 50, 200.0])
def test_values_up_to_the_bounds_pass_as_floats(value):
    typed = typed_values("policy_node", {"policy_hz": value})
    assert typed == {"policy_hz": float(value)}
    assert isinstance(typed["policy_hz"], float)


def test_lists_hold_strings_only():
    assert check_values("recorder_node", {"topics": ["a:std_msgs/msg/String"]}) == []
    (problem,) = check_values("recorder_node", {"topics": ["a", 1]})
    assert "a list of strings" in problem.message


def test_range_is_closed_on_both_sides():
    parameter = Parameter(name="x", default=1.0, lower=0.5, upper=2.0, description="")
    assert [parameter.check(v) for v in (0.5, 2.0)] == [0.5, 2.0]
    for value in (0.4999, 2.0001, math.inf):
        with pytest.raises(ValueError, match=r"from 0.5 to 2"):
            parameter.check(value)


def test_file_gives_each_node_its_values(tmp_path):
    text = """
policy_node: {ros__parameters: {policy_hz: 50, actor: random}}
/arm/goal_node: {ros__parameters: {goal_period_s: 2}}
/**: {ros__parameters: {robot: ur5e, use_sim_time: false}}
"""
    values = read_parameter_file(write(tmp_path, text))
    assert values["policy_node"] == {"policy_hz": 50.0, "actor": "random", "robot": "ur5e"}
    assert values["goal_node"] == {"goal_period_s": 2.0, "robot": "ur5e"}
    assert values["safety_node"] == {"robot": "ur5e"}


def test_file_lists_all_mistakes_at_once_with_the_nearest_name(tmp_path):
    text = """
polcy_node: {ros__parameters: {policy_hz: 50}}
policy_node: {ros__parameters: {polcy_hz: 50, seed: .nan}}
goal_node: {goal_period_s: 2}
/**: {ros__parameters: {robt: so101, gate_hz: -1}}
"""
    with pytest.raises(ProfileError) as error:
        read_parameter_file(write(tmp_path, text))
    found = problems_of(error)
    assert "did you mean 'policy_node'" in found["polcy_node"]
    assert "did you mean 'policy_hz'" in found["policy_node.polcy_hz"]
    assert "whole number" in found["policy_node.seed"]
    assert "ros__parameters" in found["goal_node"]
    assert "did you mean 'robot'" in found["/**.robt"]
    assert "from 0 to 1000" in found["/**.gate_hz"]
    assert len(found) == 6


def test_one_node_reads_its_own_section_of_a_shared_file(tmp_path):
    text = """
arm_controller: {ros__parameters: {joints: [a]}}
policy_node: {ros__parameters: {seed: 3}}
"""
    path = write(tmp_path, text)
    assert read_parameter_file(path, only="policy_node") == {"policy_node": {"seed": 3}}
    with pytest.raises(ProfileError, match="arm_controller"):
        read_parameter_file(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ProfileError, match=r"nowhere\.yaml"):
        read_parameter_file(tmp_path / "nowhere.yaml")


def test_arguments_that_rclpy_would_ignore_are_refused(tmp_path):
    good = ["node", "--ros-args", "-p", "policy_hz:=50", "-p", "policy_node:seed:=3"]
    check_arguments(good, "policy_node")
    with pytest.raises(ProfileError) as error:
        bad = ["-p", "polcy_hz:=50", "-p", "seed:=many", "-p", "gate_hz:=[1"]
        check_arguments([*good, *bad], "policy_node")
    assert set(problems_of(error)) == {"polcy_hz", "seed", "gate_hz"}
    with pytest.raises(ProfileError, match="polcy_hz"):
        path = write(tmp_path, "policy_node: {ros__parameters: {polcy_hz: 50}}")
        check_arguments(["node", "--ros-args", "--params-file", str(path)], "policy_node")


@pytest.mark.parametrize(
    ("value", "text"),
    [(50.0, "50.0"), (True, "true"), (3, "3"), ("a b: c", '"a b: c"'), (["x"], '["x"]')],
)
def test_values_as_arguments_are_yaml(value, text):
    assert to_argument(value) == text
