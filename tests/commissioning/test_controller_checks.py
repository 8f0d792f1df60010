import pytest
from planar_robot import planar_spec

from rl_agent.commissioning.company_checks import Company, check_company
from rl_agent.commissioning.controller_checks import check_controller
from rl_agent.commissioning.finding import Outcome, mismatches
from rl_agent.spec import ControllerSpec, ControllerType


def spec_of(kind, timeout_ms=None):
    return planar_spec(controller=ControllerSpec(type=kind, name="arm", timeout_ms=timeout_ms))


TRAJECTORY = spec_of(ControllerType.JOINT_TRAJECTORY)
POSITION = spec_of(ControllerType.FORWARD_POSITION)
VELOCITY = spec_of(ControllerType.FORWARD_VELOCITY, 50.0)
GOOD = {
    "joints": ["a", "b"],
    "command_interfaces": ["position"],
    "interpolate_from_desired_state": True,
}
FORWARD = {"joints": ["a", "b"], "interface_name": "velocity", "cmd_timeout": 0.05}


def outcome(spec, values, check):
    return next(f.outcome for f in check_controller(spec, values) if f.check == check)


@pytest.mark.parametrize(("spec", "values"), [(TRAJECTORY, GOOD), (VELOCITY, FORWARD)])
def test_a_fitting_controller_has_no_findings_against_it(spec, values):
    assert {f.outcome for f in check_controller(spec, values)} == {Outcome.OK}


def test_a_controller_that_does_not_answer_is_a_warning():
    assert [f.outcome for f in check_controller(POSITION, None)] == [Outcome.WARNING]


def test_order_matters_to_forward_controllers_only():
    swapped = ["b", "a"]
    check = "controller joints"
    assert outcome(TRAJECTORY, {**GOOD, "joints": swapped}, check) is Outcome.OK
    assert outcome(VELOCITY, {**FORWARD, "joints": swapped}, check) is Outcome.MISMATCH


def test_joints_of_controller_and_profile_must_be_the_same():
    check = "controller joints"
    more = ["a", "b", "c"]
    assert outcome(TRAJECTORY, {**GOOD, "joints": ["a"]}, check) is Outcome.MISMATCH
    assert outcome(TRAJECTORY, {**GOOD, "joints": more}, check) is Outcome.MISMATCH
    partial = {**GOOD, "joints": more, "allow_partial_joints_goal": True}
    assert outcome(TRAJECTORY, partial, check) is Outcome.OK
    assert outcome(POSITION, {**partial, "interface_name": "position"}, check) is Outcome.MISMATCH


def test_interface_must_be_what_the_type_means():
    check = "controller interface"
    assert outcome(POSITION, {"interface_name": "velocity"}, check) is Outcome.MISMATCH
    assert outcome(POSITION, {"interface_name": "position"}, check) is Outcome.OK
    assert outcome(POSITION, {}, check) is Outcome.SKIPPED
    effort = {**GOOD, "command_interfaces": ["effort"]}
    assert outcome(TRAJECTORY, effort, check) is Outcome.WARNING


@pytest.mark.parametrize(
    ("timeout_s", "expected"),
    [
        (0.0, Outcome.MISMATCH),  # never
        (0.01, Outcome.MISMATCH),  # below two gate periods of 10 ms
        (0.03, Outcome.OK),
        (0.05, Outcome.OK),
        (0.06, Outcome.MISMATCH),  # later than the profile promises
    ],
)
def test_time_out_must_hold_what_the_profile_promises(timeout_s, expected):
    values = {**FORWARD, "cmd_timeout": timeout_s}
    assert outcome(VELOCITY, values, "controller time-out") is expected


def test_velocity_control_whose_time_out_nobody_sees_is_a_mismatch():
    values = {"joints": ["a", "b"], "interface_name": "velocity"}
    assert outcome(VELOCITY, values, "controller time-out") is Outcome.MISMATCH
    never = spec_of(ControllerType.FORWARD_VELOCITY)
    assert outcome(never, FORWARD, "controller time-out") is Outcome.MISMATCH
    late = spec_of(ControllerType.FORWARD_POSITION, 50.0)
    assert outcome(late, values, "controller time-out") is Outcome.WARNING


@pytest.mark.parametrize("name", ["interpolate_from_desired_state", "open_loop_control"])
def test_starting_from_the_measured_state_is_a_warning(name):
    values = {"joints": ["a", "b"], "command_interfaces": ["position"], name: False}
    assert outcome(TRAJECTORY, values, "controller start point") is Outcome.WARNING


def company(**changes):
    values = {
        "controller_topic": "arm/commands",
        "state_publishers": ["/driver"],
        "controller_subscribers": ["/arm"],
        "controller_publishers": ["/safety_node_io"],
        "proposers": {"command_raw/policy": ["/policy_node_io"]},
    }
    return check_company(Company(**{**values, **changes}))


def test_one_driver_one_controller_one_gate_are_fine():
    assert {f.outcome for f in company()} == {Outcome.OK}
    assert {f.outcome for f in company(controller_publishers=[], proposers={})} == {Outcome.OK}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state_publishers": []}, "nobody publishes joint_states"),
        ({"state_publishers": ["/driver", "/twin_node_io"]}, "2 nodes publish joint_states"),
        ({"controller_subscribers": []}, "nobody listens"),
        ({"controller_publishers": ["/safety_node_io", "/rogue"]}, "/rogue publishes"),
        ({"controller_publishers": ["/safety_node_io"] * 2}, "2 gates"),
        ({"proposers": {"command_raw/human": ["/x", "/y"]}}, "command_raw/human"),
    ],
)
def test_wrong_company_is_named(changes, words):
    (finding,) = mismatches(company(**changes))
    assert words in finding.found
    assert finding.remedy
