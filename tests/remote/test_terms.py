"""Robot and learner must be of one kind: what differs is told at both ends, and nothing is kept."""

import json

import pytest
from links import write
from transitions import LAYOUT
from waiting import wait_until

from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import ProtocolError, RefusedError
from rl_agent.remote.terms import Terms, refusal

OWN = {"robot": "so101", "policy_hz": 20, "joints": [["pan", "revolute", True]]}
TERMS = Terms(layout=LAYOUT, contract=OWN)


def both(tmp_path, robot, learner, terms=TERMS, **changes):
    """What robot and learner say to each other's first words."""
    write(tmp_path / "run", 0, 5)
    at_robot, at_learner = [], []
    there = learner(tmp_path / "learner", terms=terms, on_message=at_learner.append)
    here = robot(tmp_path / "run", there.port, on_message=at_robot.append, **changes)
    return here, there, at_robot, at_learner


def test_the_same_contract_lets_rows_through(tmp_path, robot, learner):
    here, _, _, _ = both(tmp_path, robot, learner, contract=dict(reversed(OWN.items())))
    assert here.wait_until_sent(5, 30.0)


def test_another_contract_is_told_at_both_ends_and_nothing_is_written(tmp_path, robot, learner):
    other = OWN | {"policy_hz": 50, "joints": [["pan", "revolute", False]]}
    _, there, at_robot, at_learner = both(tmp_path, robot, learner, contract=other)
    wait_until(lambda: at_robot and at_learner)
    for told in (at_robot[0], at_learner[0]):
        assert "the robot expects 50, the policy has 20" in told
        assert "contract.joints.pan" in told
        assert "surefoot learn" in told and "--env" in told
    assert not there.replica_dir("arm-1").exists()
    assert there.robots() == {}


def test_a_robot_that_tells_no_contract_is_refused(tmp_path, robot, learner):
    _, there, at_robot, at_learner = both(tmp_path, robot, learner)
    wait_until(lambda: at_robot and at_learner)
    assert "was given none" in at_robot[0] and "was given none" in at_learner[0]
    assert not there.replica_dir("arm-1").exists()


def test_rows_of_another_layout_are_refused_before_anything_is_written(tmp_path, robot, learner):
    terms = Terms(layout=TransitionLayout(obs_dim=3, act_dim=1), contract=OWN)
    _, there, at_robot, at_learner = both(tmp_path, robot, learner, terms=terms, contract=OWN)
    wait_until(lambda: at_robot and at_learner)
    assert "obs_dim=3" in at_learner[0] and "obs_dim=2" in at_learner[0]
    assert "its rows do not fit" in at_robot[0]
    assert not there.replica_dir("arm-1").exists()


def test_many_differences_are_counted():
    other = {key: "x" for key in "abcde"}
    error = refusal(OWN, json.dumps(other).encode())
    assert isinstance(error, RefusedError)
    assert "(and 6 more)" in str(error)


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"5", b"\xff", b"[" * 100_000], ids=repr)
def test_a_contract_that_is_none_is_a_broken_protocol(data):
    with pytest.raises(ProtocolError):
        refusal(OWN, data)
