"""What the gate believes of a robot, at the edges. The rail: W = 125 ms, S = 20 ms."""

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.measurement_intake import (
    LARGEST,
    MeasurementIntake,
    as_vector,
    is_plausible,
)
from rl_agent.types import Measurement


def measurement(stamp_s=1.0, position=(0.0,), velocity=(0.0,), received_s=None, effort=None):
    received_s = stamp_s if received_s is None else received_s
    return Measurement(stamp_s, position, velocity, received_s, effort)


def take(intake, *, now_s=None, may_restart=False, **values):
    taken = measurement(**values)
    now_s = taken.received_s if now_s is None else now_s
    return intake.take(taken, now_s, may_restart=may_restart)


@pytest.fixture
def intake():
    return MeasurementIntake(rail())


def test_a_whole_new_finite_one_is_taken(intake):
    assert take(intake, position=(0.5,), velocity=(-0.2,)) == ""
    assert intake.newest.position == pytest.approx([0.5])
    assert intake.newest.velocity == pytest.approx([-0.2])
    assert intake.watchdog.age_s(1.0) == 0.0
    assert intake.stamps.newest_stamp_s == 1.0


@pytest.mark.parametrize("part", ["position", "velocity"])
@pytest.mark.parametrize("bad", [(), (0.0, 0.0), "text", None, ((0.0,),)])
def test_one_of_a_wrong_size_is_not_taken(intake, part, bad):
    assert take(intake, **{part: bad}) == "measurements_of_wrong_size"
    assert intake.newest is None


@pytest.mark.parametrize("part", ["position", "velocity"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1.01 * LARGEST, -1.01 * LARGEST])
def test_a_number_beyond_sense_is_not_taken(intake, part, bad):
    assert take(intake, **{part: (bad,)}) == "measurements_not_finite"
    assert not intake.watchdog.is_fed


@pytest.mark.parametrize("part", ["position", "velocity"])
@pytest.mark.parametrize("large", [LARGEST, -LARGEST])
def test_the_largest_sensible_number_is_taken(intake, part, large):
    assert take(intake, **{part: (large,)}) == ""


@pytest.mark.parametrize(("stamp_s", "received_s"), [(np.nan, 1.0), (np.inf, 1.0), (1.0, np.nan)])
def test_a_time_that_is_none_is_not_taken(intake, stamp_s, received_s):
    taken = measurement(stamp_s=stamp_s, received_s=received_s)
    assert intake.take(taken, 1.0, may_restart=False) == "measurements_not_finite"


@pytest.mark.parametrize("stamp_s", [1.0, 0.999])
def test_an_equal_or_older_stamp_is_not_newer(intake, stamp_s):
    take(intake, stamp_s=1.0, position=(0.1,))
    assert take(intake, stamp_s=stamp_s, received_s=2.0) == "measurements_not_newer"
    assert intake.newest.position == pytest.approx([0.1])
    assert intake.watchdog.age_s(2.0) == 1.0


def test_a_source_may_count_anew_only_where_that_is_allowed(intake):
    take(intake, stamp_s=100.0, received_s=1.0)
    older = {"stamp_s": 5.0, "received_s": 2.0, "position": (0.3,)}
    assert take(intake, **older, may_restart=True) == "measurement_restarts"
    assert intake.stamps.newest_stamp_s == 5.0
    assert intake.newest.position == pytest.approx([0.3])
    # The stamps of before are forgotten.
    assert intake.stamps.received_s(100.0) == 2.0
    assert intake.stamps.received_s(4.0) == -np.inf


def test_an_equal_stamp_restarts_nothing(intake):
    take(intake, stamp_s=100.0, received_s=1.0)
    found = take(intake, stamp_s=100.0, received_s=2.0, may_restart=True)
    assert found == "measurements_not_newer"


def test_a_newer_stamp_is_no_restart(intake):
    take(intake, stamp_s=1.0)
    assert take(intake, stamp_s=1.1, may_restart=True) == ""
    assert intake.stamps.received_s(1.0) == 1.0


def test_nothing_arrives_in_the_future(intake):
    take(intake, stamp_s=1.0, received_s=9.0, now_s=1.5)
    assert intake.newest.received_s == 1.5
    assert intake.watchdog.age_s(2.0) == 0.5


def test_stamps_are_remembered_for_twice_the_oldest_proposals_age(intake):
    # 2 (W + S) = 2 (0.125 + 0.020) = 0.29 s.
    take(intake, stamp_s=1.0)
    take(intake, stamp_s=1.28)
    assert intake.stamps.received_s(1.0) == 1.0
    take(intake, stamp_s=1.3)
    assert intake.stamps.received_s(1.0) == -np.inf


def test_a_jump_is_not_believed_unless_the_robot_may_be_anywhere(intake):
    take(intake, stamp_s=1.0)
    # 1.5 * 1 * 0.01 + 0.01 = 0.025 may be.
    found = take(intake, stamp_s=1.01, position=(0.5,))
    assert (found, intake.doubt) == ("measurements_implausible", "rail jumped by 0.500")
    assert intake.newest.stamp_s == intake.watchdog.received_s == 1.0
    assert take(intake, stamp_s=1.02, position=(0.02,)) == ""
    assert intake.doubt == ""
    assert take(intake, stamp_s=1.03, position=(0.5,), may_restart=True) == ""


def test_a_jump_does_not_become_true_by_waiting_while_readings_come(intake):
    take(intake, stamp_s=1.0)
    take(intake, stamp_s=1.1, position=(0.5,))
    # 20 ms count, so 1.5 * 0.02 + 0.01 = 0.04 may be, and not 1.5 * 0.11 + 0.01.
    assert take(intake, stamp_s=1.11, position=(0.05,)) == "measurements_implausible"
    # Nothing was read for 0.1 s: 1.5 * 0.1 + 0.01 = 0.16 may be.
    assert take(intake, stamp_s=1.21, position=(0.15,)) == ""


def test_what_was_not_believed_was_seen(intake):
    take(intake, stamp_s=1.0)
    take(intake, stamp_s=1.02, position=(0.5,))
    assert take(intake, stamp_s=1.01) == "measurements_not_newer"
    assert take(intake, stamp_s=1.01, may_restart=True) == "measurement_restarts"


@pytest.mark.parametrize(
    ("effort", "expected"),
    [
        (None, None),
        ((2.5,), [2.5]),
        ((-LARGEST,), [-LARGEST]),
        ((), None),
        ((1.0, 2.0), None),
        ((np.nan,), None),
        ((2.0 * LARGEST,), None),
    ],
)
def test_efforts_are_taken_where_they_make_sense(intake, effort, expected):
    assert take(intake, effort=effort) == ""
    other = MeasurementIntake(rail())
    other.set_state(intake.get_state())
    for one in (intake, other):
        effort = one.newest.effort
        assert effort is None if expected is None else list(effort) == expected


@pytest.mark.parametrize(
    ("delay_s", "lost_s", "may_restart"),
    [
        (0.0, 0.0, False),
        # Up to S is jitter.
        (0.02, 0.0, False),
        # 0.07 - 0.02; the usual way creeps by 1e-3, at rest by 0.1, of the 0.08 s that passed.
        (0.07, 0.05 - 0.08e-3, False),
        (0.07, 0.05 - 8e-3, True),
    ],
)
def test_a_reading_that_took_longer_than_usual_is_that_much_older(
    intake, delay_s, lost_s, may_restart
):
    take(intake, stamp_s=1.0, received_s=5.0)
    received_s = 5.01 + delay_s
    take(intake, stamp_s=1.01, received_s=received_s, may_restart=may_restart)
    assert intake.watchdog.received_s == pytest.approx(received_s - lost_s, abs=1e-12)
    assert intake.stamps.received_s(1.01) == intake.watchdog.received_s
    assert intake.newest.received_s == received_s


def test_a_robot_of_two_joints_is_not_believed_with_one():
    assert as_vector([1.0], 2) is None
    assert as_vector([1.0, 2.0], 2) == pytest.approx([1.0, 2.0])


def test_vectors_are_copies():
    values = np.zeros(2)
    vector = as_vector(values, 2)
    vector[0] = 1.0
    assert values[0] == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, 2.0 * LARGEST, -2.0 * LARGEST])
def test_one_senseless_number_among_others_is_enough(bad):
    assert is_plausible(np.array([0.0, -LARGEST]))
    assert not is_plausible(np.array([0.0, bad]))
    assert not is_plausible(np.array([bad, 0.0]))


def test_silence_follows_the_profile():
    # S = 20 ms, silence 500 ms.
    watchdog = MeasurementIntake(rail()).watchdog
    assert (watchdog.timeout_s, watchdog.silence_s) == (0.02, 0.5)


def test_an_intake_goes_on_where_it_was_saved(intake):
    take(intake, stamp_s=1.0, position=(0.4,), velocity=(0.3,), received_s=0.9)
    other = MeasurementIntake(rail())
    other.set_state(intake.get_state())
    assert other.newest.position == pytest.approx([0.4])
    assert other.newest.velocity == pytest.approx([0.3])
    assert other.newest.received_s == 0.9
    assert other.watchdog.received_s == 0.9
    assert take(other, stamp_s=1.0) == "measurements_not_newer"


def test_an_empty_intake_is_restored_empty(intake):
    take(intake)
    intake.set_state(MeasurementIntake(rail()).get_state())
    assert intake.newest is None
    assert not intake.watchdog.is_fed
    assert intake.get_state()["received_s"] is None
    assert intake.get_state()["seen_s"] is None
    assert take(intake, stamp_s=-5.0) == ""


def test_what_was_seen_and_doubted_is_saved_too(intake):
    take(intake, stamp_s=1.0)
    take(intake, stamp_s=1.02, position=(0.5,))
    other = MeasurementIntake(rail())
    other.set_state(intake.get_state())
    assert other.doubt == intake.doubt != ""
    assert take(other, stamp_s=1.01) == "measurements_not_newer"
    assert other.get_state()["seen_s"] == 1.02
