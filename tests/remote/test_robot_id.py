import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.exceptions import RemoteError
from rl_agent.remote.robot_id import insist_on_robot_id, is_robot_id, robot_id_of


@pytest.mark.parametrize("robot_id", ["a", "7", "arm-1", "Arm_1", "x" * 64])
def test_plain_names_are_taken(robot_id):
    assert is_robot_id(robot_id)
    insist_on_robot_id(robot_id)


@pytest.mark.parametrize("robot_id", ["", "a b", "../x", ".", "x" * 65, "\u00e9", "arm\n", "_x"])
def test_what_is_no_plain_name_is_refused(robot_id):
    assert not is_robot_id(robot_id)
    with pytest.raises(RemoteError, match="robot_id: expected letters, digits, _ and -, at most 6"):
        insist_on_robot_id(robot_id)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("arm-1", "arm-1"), ("a.b c", "a-b-c"), ("_x_", "x"), ("\u00e9", "robot"), ("", "robot")],
)
def test_a_machines_name_becomes_a_robots(host, expected):
    assert robot_id_of(host) == expected
    assert len(robot_id_of("x" * 99)) == 64


@given(host=st.text())
def test_any_machines_name_becomes_one_that_is_taken(host):
    assert is_robot_id(robot_id_of(host))
