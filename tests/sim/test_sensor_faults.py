import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.exceptions import ProfileError
from sim.sensor_faults import FaultKind, FaultyReadings, Reading, SensorFault, read_fault

NAMES = ("a", "b")
DT = 0.01


def reading(number, stamp_ns=None):
    """Joint a is at `number`, joint b at its negative; both move at 1."""
    stamp = number * 10_000_000 if stamp_ns is None else stamp_ns
    return Reading(stamp, np.array([number, -number], float), np.ones(2))


def faulty(kind="none", **numbers):
    made = FaultyReadings(NAMES)
    made.begin(SensorFault(kind=FaultKind(kind), **numbers), 0.0)
    return made


def feed(made, count):
    """Take one reading every 10 ms; return all that came out, with the time."""
    out = []
    for number in range(count):
        now_s = number * DT
        out += [(now_s, r) for r in made.due(now_s) + made.take(reading(number), now_s)]
    return out


def positions(out):
    return [r.position.tolist() for _, r in out]


def test_without_a_fault_readings_pass_untouched():
    assert positions(feed(faulty(), 3)) == [[0, 0], [1, -1], [2, -2]]


def test_off_lets_nothing_through():
    assert feed(faulty(kind="off"), 5) == []


def test_stuck_repeats_the_values_of_its_onset_with_new_stamps():
    out = feed(faulty(kind="stuck"), 3)
    assert positions(out) == [[0, 0]] * 3
    assert [r.stamp_ns for _, r in out] == [0, 10_000_000, 20_000_000]


def test_stuck_without_new_stamps_repeats_the_message():
    out = feed(faulty(kind="stuck", restamps=False), 3)
    assert [r.stamp_ns for _, r in out] == [0, 0, 0]


def test_one_joint_may_be_stuck_alone():
    out = feed(faulty(kind="stuck", joints=("a",)), 3)
    assert positions(out) == [[0, 0], [0, -1], [0, -2]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("nan", math.nan), ("inf", math.inf), ("-inf", -math.inf), ("huge", 1e300)],
)
def test_garbage_is_in_positions_and_velocities(value, expected):
    ((_, found),) = feed(faulty(kind="garbage", value=value, joints=("b",)), 1)
    np.testing.assert_array_equal(found.position, [0.0, expected])
    np.testing.assert_array_equal(found.velocity, [1.0, expected])


def test_wrong_is_off_by_a_constant():
    assert positions(feed(faulty(kind="wrong", offset=0.5), 2)) == [[0.5, 0.5], [1.5, -0.5]]


def test_drift_grows_with_time():
    out = feed(faulty(kind="drift", rate=10.0, joints=("a",)), 3)
    np.testing.assert_allclose(positions(out), [[0, 0], [1.1, -1], [2.2, -2]])


def test_slow_lets_one_through_per_period():
    # 10 ms apart, one per 30 ms: the readings after 30, 60 and 90 ms.
    out = feed(faulty(kind="slow", period_s=0.03), 10)
    assert [r.position[0] for _, r in out] == [3, 6, 9]


def test_delayed_comes_late_with_its_own_stamp():
    out = feed(faulty(kind="delayed", delay_s=0.02), 5)
    assert [(round(t, 3), r.stamp_ns) for t, r in out] == [
        (0.02, 0),
        (0.03, 10_000_000),
        (0.04, 20_000_000),
    ]


def test_delayed_says_when_it_is_due():
    made = faulty(kind="delayed", delay_s=0.02)
    assert made.due_s == math.inf
    made.take(reading(0), 1.0)
    assert made.due_s == pytest.approx(1.02)


def test_intermittent_is_silent_at_the_beginning_of_each_period():
    out = feed(faulty(kind="intermittent", period_s=0.05, silent_s=0.02), 10)
    assert [round(t / DT) for t, _ in out] == [2, 3, 4, 7, 8, 9]


def test_jump_comes_in_the_second_half_of_each_period():
    out = feed(faulty(kind="jump", offset=0.5, period_s=0.04, joints=("b",)), 5)
    assert [r.position[1] + n for n, (_, r) in enumerate(out)] == [0, 0, 0.5, 0.5, 0]


def test_a_new_fault_forgets_the_old_one():
    made = faulty(kind="delayed", delay_s=0.02)
    made.take(reading(0), 0.0)
    made.begin(SensorFault(), 0.01)
    assert made.due(1.0) == []
    assert positions([(0, r) for r in made.take(reading(3), 0.01)]) == [[3, -3]]


def test_what_is_overtaken_comes_after_its_follower():
    made = faulty(kind="lossy", reorder=1.0)
    assert made.take(reading(1), 0.0) == []
    assert [r.position[0] for r in made.take(reading(2), 0.0)] == [2, 1]


def test_doubled_readings_come_twice():
    assert positions(feed(faulty(kind="lossy", duplicate=1.0), 1)) == [[0, 0], [0, 0]]


@given(st.integers(0, 1000), st.floats(0.0, 1.0))
def test_loss_is_by_seeded_chance(seed, loss):
    first = positions(feed(faulty(kind="lossy", loss=loss, seed=seed), 200))
    assert first == positions(feed(faulty(kind="lossy", loss=loss, seed=seed), 200))
    assert len(first) == pytest.approx(200 * (1.0 - loss), abs=45)


def test_a_fault_survives_its_own_text():
    fault = SensorFault(kind=FaultKind.STUCK, joints=("a",), restamps=False)
    assert read_fault(fault.to_json(), NAMES) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        '{"kind": "of"}',
        '{"kinds": "off"}',
        '{"kind": "stuck", "joints": ["c"]}',
        '{"kind": "garbage", "value": "zero"}',
        '{"kind": "lossy", "loss": 2}',
        '{"kind": "drift", "rate": NaN}',
        '{"kind": "slow", "period_s": 0}',
        '{"kind": "delayed", "delay_s": -1}',
    ],
)
def test_mistakes_are_told(text):
    with pytest.raises(ProfileError, match="fault"):
        read_fault(text, NAMES)


@given(st.text())
def test_any_text_is_a_fault_or_a_mistake(text):
    try:
        assert isinstance(read_fault(text, NAMES), SensorFault)
    except ProfileError as error:
        assert "fault" in str(error)
