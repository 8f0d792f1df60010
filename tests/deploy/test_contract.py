import dataclasses

import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.deploy.contract import (
    build_contract,
    check_contract,
    contract_hash,
    contract_problems,
    expected_contract,
)
from rl_agent.deploy.probe import check_probe, make_probe
from rl_agent.exceptions import ContractError
from rl_agent.robots.profile import load_robot
from rl_agent.spec import JointType
from rl_agent.tasks.registry import make_task

LAYOUT = [("joint_position", 0, 2), ("goal", 2, 6)]


def renamed(spec, **names):
    joints = tuple(
        dataclasses.replace(joint, name=names.get(joint.name, joint.name)) for joint in spec.joints
    )
    action = dataclasses.replace(
        spec.action, joints=tuple(names.get(name, name) for name in spec.action.joints)
    )
    return dataclasses.replace(spec, joints=joints, action=action)


def differences(ours, theirs, task=None):
    expected = build_contract(ours, LAYOUT, task)
    return {
        problem.path: problem.message
        for problem in contract_problems(expected, build_contract(theirs, LAYOUT, task))
    }


def test_equal_robots_have_equal_contracts_and_hashes(spec):
    other = planar_spec(policy_hz=20)  # an int where the profile has a float
    assert differences(spec, other) == {}
    assert contract_hash(build_contract(spec, LAYOUT)) == contract_hash(
        build_contract(other, LAYOUT)
    )


def test_tightened_limits_are_no_difference(spec):
    joints = tuple(dataclasses.replace(j, max_velocity=1.0, margin=0.2) for j in spec.joints)
    assert differences(dataclasses.replace(spec, joints=joints), spec) == {}


def test_a_renamed_joint_is_named_on_both_sides(spec):
    found = differences(spec, renamed(spec, a="shoulder"))
    assert found["contract.joints.a"] == "the robot has this joint, the policy does not"
    assert found["contract.joints.shoulder"] == "the policy has this joint, the robot does not"
    assert "expects ['a', 'b'], the policy has ['shoulder', 'b']" in found["contract.action_joints"]


def test_joints_in_another_order_are_called_that(spec):
    swapped = dataclasses.replace(
        spec,
        joints=spec.joints[::-1],
        action=dataclasses.replace(spec.action, joints=("b", "a")),
    )
    found = differences(spec, swapped)
    assert "another order: the robot expects ['a', 'b']" in found["contract.joints"]
    assert "another order" in found["contract.action_joints"]


def test_a_joint_of_another_type_is_named_with_its_unit(spec):
    first = dataclasses.replace(spec.joints[0], type=JointType.PRISMATIC)
    found = differences(spec, dataclasses.replace(spec, joints=(first, spec.joints[1])))
    assert found["contract.joints.a"] == (
        "the robot expects revolute, actuated, the policy has prismatic, actuated"
    )
    assert "expects ['rad', 'rad'], the policy has ['m', 'rad']" in found["contract.units"]


def test_every_difference_is_listed_at_once(spec):
    other = renamed(spec, a="x")
    other = dataclasses.replace(other, name="ur5e", policy_hz=50.0)
    expected = build_contract(spec, LAYOUT, {"task": "ReachTask", "goal_dim": 3})
    found = build_contract(
        other, [("goal", 0, 6), ("joint_position", 6, 2)], {"task": "ReachTask", "goal_dim": 2}
    )
    with pytest.raises(ContractError) as caught:
        check_contract(expected, found, "bundle")
    paths = {problem.path for problem in caught.value.problems}
    assert paths == {
        "contract.robot",
        "contract.policy_hz",
        "contract.joints.a",
        "contract.joints.x",
        "contract.action_joints",
        "contract.obs_layout.goal",
        "contract.obs_layout.joint_position",
        "contract.task.goal_dim",
    }
    text = str(caught.value)
    assert "policy rate [Hz]: the robot expects 20, the policy has 50" in text
    assert "expects 6 numbers from place 2, the policy has 6 numbers from place 0" in text


def test_keys_that_only_one_side_has_are_named(spec):
    contract = build_contract(spec, LAYOUT)
    newer = {**contract, "gripper": "soft"}
    assert str(contract_problems(contract, newer)[0]).endswith("is missing from the robot profile")
    assert str(contract_problems(newer, contract)[0]).endswith("is missing from the policy")


@pytest.mark.parametrize("joints", [None, 7, "ab", [["a"]], [1, 2], {}])
def test_a_contract_of_the_wrong_shape_is_a_difference_not_a_crash(spec, joints):
    contract = build_contract(spec, LAYOUT)
    broken = {**contract, "joints": joints, "obs_layout": joints}
    paths = {problem.path for problem in contract_problems(contract, broken)}
    assert paths & {"contract.joints", "contract.joints.a"}
    assert any(path.startswith("contract.obs_layout") for path in paths)


def test_without_a_task_only_the_robot_is_compared(spec, task):
    full = expected_contract(spec, task)
    check_contract(expected_contract(spec, None), full, "bundle")
    other = expected_contract(dataclasses.replace(spec, policy_hz=50.0), None)
    with pytest.raises(ContractError, match="policy rate"):
        check_contract(other, full, "bundle")


def test_a_contract_refuses_numbers_that_are_none(spec):
    with pytest.raises(ValueError, match="finite"):
        build_contract(spec, LAYOUT, {"radius": float("nan")})


def test_the_probe_holds_for_the_robot_that_made_it(spec, task):
    assert check_probe(make_probe(spec, task), spec, task, "bundle") is None


def test_the_probe_notices_that_the_body_is_seen_otherwise(monkeypatch):
    spec = load_robot("go1")
    task = make_task("walk", spec, None)
    probe = make_probe(spec, task)
    assert np.isfinite(probe.obs).all()
    assert check_probe(probe, spec, task, "bundle") is None
    monkeypatch.setattr("rl_agent.interface.observation.TURN_SCALE", 1.0)
    with pytest.raises(ContractError, match=r"observation\.angular_velocity"):
        check_probe(probe, spec, task, "bundle")


def test_the_probe_notices_a_longer_tool(spec, task):
    class LongerTool(PlanarKinematics):
        def tool_position(self, position):
            return 1.1 * super().tool_position(position)

    changed = make_task("reach", spec, LongerTool())
    with pytest.raises(ContractError, match=r"observation\.goal: .*geometry changed") as caught:
        check_probe(make_probe(spec, task), spec, changed, "bundle")
    assert [problem.path for problem in caught.value.problems] == ["observation.goal"]


def test_a_policy_knows_how_many_actions_it_is_shown(task):
    ours, theirs = (
        planar_spec(obs_terms=("action_history", "measurement_age"), obs_history=n) for n in (3, 5)
    )
    expected, found = expected_contract(ours, task), expected_contract(theirs, task)
    with pytest.raises(ContractError) as caught:
        check_contract(expected, found, "bundle")
    problems = {problem.path: problem.message for problem in caught.value.problems}
    assert problems["contract.obs_layout.action_history"] == (
        "the robot expects 6 numbers from place 0, the policy has 10 numbers from place 0"
    )


def test_a_history_that_is_not_shown_is_no_part_of_a_contract(spec, task):
    other = dataclasses.replace(spec, obs_history=7)
    assert expected_contract(other, task) == expected_contract(spec, task)
    check_probe(make_probe(spec, task), other, task, "bundle")


def test_the_probe_notices_another_scale_of_an_age(task):
    terms = ("measurement_age",)
    probe = make_probe(planar_spec(obs_terms=terms), task)
    # 10 ms are 0.2 of a period at 20 Hz, and 0.4 at 40 Hz.
    with pytest.raises(ContractError, match=r"measurement_age: .* on 0\.2 .* gives 0\.4"):
        check_probe(probe, planar_spec(obs_terms=terms, policy_hz=40.0), task, "bundle")


def test_limits_may_be_tightened_under_a_trained_policy(spec, task):
    joints = tuple(
        dataclasses.replace(joint, upper=1.5, max_velocity=1.2, max_acceleration=6.0)
        for joint in spec.joints
    )
    tightened = dataclasses.replace(spec, joints=joints)
    check_probe(make_probe(spec, task), tightened, task, "bundle")
    assert tightened.contract_hash() == spec.contract_hash()
