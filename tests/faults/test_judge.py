import numpy as np
import pytest

from rl_agent.robots.profile import load_robot
from surefoot_nodes.faults.judge import (
    judge_braking,
    judge_standstill,
    largest_step,
    observation_ages_s,
    periods_s,
)
from surefoot_nodes.faults.timeline import Applied, Joints, Timeline

SPEC = load_robot("cartpole")  # cart and passive pole; v_max 1.2, brake 16


def applied(time_s, state="ARMED", speed=0.5, tick=0, stamp_ns=0, source="policy"):
    position, velocity = np.zeros(1), np.array([speed])
    return Applied(time_s, stamp_ns, tick, state, source, 0, position, velocity)


def joints(time_s, cart=0.0, speed=0.0, pole_speed=0.0):
    return Joints(time_s, round(1e9 * time_s), np.array([cart, 3.0]), np.array([speed, pole_speed]))


def timeline(*items, readings=()):
    made = Timeline()
    made.applied, made.joints = list(items), list(readings)
    return made


def test_braking_begins_with_the_first_command_that_is_not_armed():
    made = timeline(
        applied(0.99), applied(1.01), applied(1.03, "HOLD"), applied(1.5, "STOPPED", 0.0)
    )
    found = judge_braking(made, 1.0, 2.0)
    assert found.first_brake_s == pytest.approx(0.03)
    assert (found.speed, found.is_latched, found.moved_again) == (0.5, True, False)


def test_never_braking_is_none_and_not_latched():
    found = judge_braking(timeline(applied(0.99), applied(1.2)), 1.0, 2.0)
    assert found.first_brake_s is None and not found.is_latched


def test_a_latch_that_opens_is_none():
    made = timeline(applied(1.1, "STOPPED"), applied(1.2, "UNARMED"))
    assert not judge_braking(made, 1.0, 2.0).is_latched


def test_moving_after_rest_is_seen():
    made = timeline(applied(1.1, "HOLD", 0.2), applied(1.2, "HOLD", 0.0), applied(1.3, "HOLD", 0.1))
    assert judge_braking(made, 1.0, 2.0).moved_again


def test_the_robot_stands_once_it_does_not_move_any_more():
    # 0.8 m/s at the event: 0.05 s by the profile. It stands below 0.024 m/s.
    readings = [joints(0.99, speed=0.8), joints(1.05, speed=0.4), joints(1.08, speed=0.01)]
    found = judge_standstill(SPEC, timeline(readings=readings), 1.0, 2.0)
    assert found.profile_s == pytest.approx(0.05)
    assert found.standstill_s == pytest.approx(0.08)


def test_a_passive_pole_may_swing_on():
    readings = [joints(0.99, speed=0.8), joints(1.05, pole_speed=5.0)]
    found = judge_standstill(SPEC, timeline(readings=readings), 1.0, 2.0)
    assert found.standstill_s == pytest.approx(0.05)


def test_moving_to_the_end_is_no_standstill():
    readings = [joints(0.99, speed=0.8), joints(1.05, speed=0.0), joints(1.9, speed=0.5)]
    assert judge_standstill(SPEC, timeline(readings=readings), 1.0, 2.0).standstill_s is None


def test_steps_are_shares_of_what_the_speed_allows():
    # 12 mm in 10 ms are exactly 1.2 m/s; 24 mm are twice that.
    assert largest_step(SPEC, [joints(1.00), joints(1.01, cart=0.012)]) == pytest.approx(1.0)
    assert largest_step(SPEC, [joints(1.00), joints(1.01, cart=0.024)]) == pytest.approx(2.0)
    assert largest_step(SPEC, [joints(1.00)]) == 0.0


def test_an_observation_is_as_old_as_when_it_first_acted():
    reading = joints(1.0)
    late = [applied(t, stamp_ns=reading.stamp_ns) for t in (1.03, 1.04)]
    braking = applied(1.05, stamp_ns=5, source="")
    made = timeline(*late, braking, readings=[reading])
    np.testing.assert_allclose(observation_ages_s(made, 1.0, 2.0), [0.03])


def test_periods_are_between_commands():
    made = timeline(applied(1.0), applied(1.01), applied(1.03))
    np.testing.assert_allclose(periods_s(made, 0.0, 2.0), [0.01, 0.02])
