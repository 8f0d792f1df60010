import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from planar_robot import planar_spec
from readings import make_readings

from rl_agent.commissioning.finding import Outcome, mismatches
from rl_agent.commissioning.live_checks import check_live, check_meaning
from rl_agent.commissioning.reading import Reading

SPEC = planar_spec()


class FixedModel:
    """A model whose answers are given."""

    def __init__(self, torque=(0.0, 0.0), overlaps=()):
        self._torque, self._overlaps = torque, overlaps

    def gravity_torque(self, position):
        return np.array(self._torque)

    def overlaps(self, position):
        return self._overlaps


def outcome_of(check, findings):
    return next(finding for finding in findings if finding.check == check)


def test_a_sound_robot_has_no_mismatch():
    findings = check_live(SPEC, make_readings())
    assert mismatches(findings) == []
    assert {f.check for f in findings} >= {"joint names", "units and range", "rate", "jitter"}


def test_a_silent_driver_is_one_mismatch_with_a_remedy():
    (finding,) = check_live(SPEC, [])
    assert finding.outcome is Outcome.MISMATCH
    assert "driver" in finding.remedy


def test_wrong_names_leave_out_what_needs_right_ones():
    findings = check_live(SPEC, make_readings(names=("x", "y")))
    checks = [finding.check for finding in findings]
    assert "rate" in checks
    assert "units and range" not in checks


def test_every_mismatch_has_a_remedy():
    broken = make_readings(names=("x", "b"), position=(0, 99), velocity=(), stamps=np.zeros(200))
    findings = mismatches(check_live(SPEC, broken))
    assert len(findings) >= 3
    assert all(finding.remedy for finding in findings)


def test_efforts_that_hold_against_gravity_are_fine():
    readings = make_readings(effort=(1.5, 0.0))
    finding = outcome_of("sign by gravity", check_live(SPEC, readings, FixedModel((1.2, 0.3))))
    # b reports nothing: too little to judge.
    assert (finding.outcome, "(a)" in finding.found) == (Outcome.OK, True)


def test_efforts_of_the_wrong_sign_are_a_mismatch():
    readings = make_readings(effort=(-1.5, 0.3))
    finding = outcome_of("sign by gravity", check_live(SPEC, readings, FixedModel((1.2, 0.3))))
    assert finding.outcome is Outcome.MISMATCH
    assert "a holds with -1.50, the model says +1.20" in finding.found
    assert "b " not in finding.found


def test_without_efforts_or_weight_nothing_is_said_of_signs():
    assert outcome_of("sign by gravity", check_live(SPEC, make_readings())).outcome is (
        Outcome.SKIPPED
    )
    light = check_live(SPEC, make_readings(effort=(0.5, 0.5)), FixedModel((0.01, 0.01)))
    assert outcome_of("sign by gravity", light).outcome is Outcome.SKIPPED


def test_a_pose_inside_itself_is_a_warning_and_several_a_mismatch():
    one = check_live(SPEC, make_readings(), FixedModel(overlaps=["hand stands in table"]))
    two = check_live(SPEC, make_readings(), FixedModel(overlaps=["a in b", "c in d"]))
    outcomes = [[f.outcome for f in found if f.check == "pose"] for found in (one, two)]
    assert outcomes[0][0] is Outcome.WARNING
    assert outcomes[1][0] is Outcome.MISMATCH


anything = st.lists(st.floats(width=32), max_size=4).map(tuple)
messages = st.builds(
    Reading,
    names=st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=4).map(tuple),
    position=anything,
    velocity=anything,
    effort=anything,
    stamp_s=st.floats(0.0, 10.0),
    received_s=st.floats(0.0, 10.0),
)


@given(st.lists(messages, min_size=1, max_size=30))
def test_whatever_a_driver_sends_is_judged_and_never_raises(readings):
    findings = check_meaning(SPEC, readings)
    assert all(f.remedy for f in mismatches(findings))
    assert check_live(SPEC, readings)
