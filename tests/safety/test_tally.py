import timeit

import numpy as np
import pytest

from rl_agent.safety.tally import Tally
from rl_agent.types import Reason, SafetyState

ARMED = SafetyState.ARMED
LIMITS = ("POSITION", "VELOCITY", "ACCELERATION", "JERK")
LIMITS += ("EFFORT", "WORKSPACE", "BARRIER", "PREDICTION", "SELF_DISTANCE", "POWER")
HZ = 10.0
"""A window of 100 ticks."""


def tally_of(*ticks, hz=HZ):
    """Ticks as (count, reasons, shares)."""
    tally = Tally(hz)
    for count, reasons, shares in ticks:
        for _ in range(count):
            tally.add_tick(ARMED, int(reasons), shares)
    return tally


FREE = (Reason.NONE, {})


def limited(reason, change=0.5):
    return reason, {reason: change}


def test_counts_and_shares_are_told_per_reason():
    report = tally_of((3, *limited(Reason.VELOCITY, 0.25)), (1, *FREE)).report()
    assert (report["ticks_velocity"], report["share_velocity"]) == (3, 0.75)
    assert (report["armed_ticks"], report["limited_fraction"]) == (4, 0.75)


def test_the_latest_ticks_alone_are_leaned_on():
    # 100 limited ticks, of which 60 free ones have pushed 60 out of the window.
    tally = tally_of((100, *limited(Reason.VELOCITY)), (60, *FREE))
    assert tally.report()["leaning_fraction"] == 0.4
    assert tally.report()["limited_fraction"] == 100 / 160


def test_leaning_names_the_most_frequent_reason_and_how_far():
    both = Reason.VELOCITY | Reason.ACCELERATION
    shares = {Reason.VELOCITY: 0.2, Reason.ACCELERATION: 0.1}
    tally = tally_of((4, both, shares), (4, *limited(Reason.ACCELERATION, 0.9)), (92, *FREE))
    report = tally.report()
    assert report["leaning_fraction"] == 0.08
    assert report["leaning_reason"] == "ACCELERATION"
    assert report["leaning_change"] == pytest.approx((4 * 0.3 + 4 * 0.9) / 8)


def test_five_per_cent_are_not_leaning_yet():
    assert "leaning_reason" not in tally_of((5, *limited(Reason.JERK)), (95, *FREE)).report()
    assert "leaning_reason" in tally_of((6, *limited(Reason.JERK)), (94, *FREE)).report()


def test_the_first_ticks_are_not_judged():
    assert "leaning_reason" not in tally_of((49, *limited(Reason.JERK))).report()
    assert "leaning_reason" in tally_of((50, *limited(Reason.JERK))).report()


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_counts_even_without_a_share(name):
    report = tally_of((100, Reason[name], {})).report()
    assert (report["leaning_fraction"], report["leaning_reason"]) == (1.0, name)


@pytest.mark.parametrize("reason", [r for r in Reason if r and r.name not in LIMITS])
def test_nothing_else_counts(reason):
    assert tally_of((100, reason, {})).report()["leaning_fraction"] == 0.0


@pytest.mark.parametrize("reason", [Reason.START_RAMP, Reason.SPEED_SCALE])
def test_slowing_that_the_gate_itself_wants_does_not_count(reason):
    report = tally_of((100, *limited(reason))).report()
    assert (report["leaning_fraction"], report["limited_fraction"]) == (0.0, 1.0)


@pytest.mark.parametrize("state", [SafetyState.HOLD, SafetyState.STOPPED, SafetyState.UNARMED])
def test_holding_and_stopping_do_not_count(state):
    tally = Tally(HZ)
    for _ in range(100):
        tally.add_tick(state, int(Reason.POSITION), {Reason.POSITION: 1.0})
    assert tally.report()["leaning_fraction"] == 0.0


def test_a_restored_tally_goes_on_bit_exactly():
    rng = np.random.default_rng(0)
    ticks = [limited(Reason.JERK, rng.random()) if rng.random() < 0.3 else FREE for _ in range(250)]
    whole, first, second = Tally(HZ), Tally(HZ), Tally(HZ)
    for tick in ticks:
        whole.add_tick(ARMED, int(tick[0]), tick[1])
    for tick in ticks[:130]:
        first.add_tick(ARMED, int(tick[0]), tick[1])
    second.set_state(first.get_state())
    for tick in ticks[130:]:
        second.add_tick(ARMED, int(tick[0]), tick[1])
    assert second.report() == whole.report()
    np.testing.assert_equal(second.get_state(), whole.get_state())


def test_a_state_without_a_window_or_with_another_one_starts_it_anew():
    state = tally_of((100, *limited(Reason.JERK))).get_state()
    other = Tally(2 * HZ)
    other.set_state(state)
    assert other.report()["leaning_fraction"] == 0.0
    del state["leaning"]
    other.set_state(state)
    assert other.report()["ticks_jerk"] == 100


def test_a_tick_costs_microseconds():
    tally = Tally(100.0)
    shares = {Reason.VELOCITY: 0.1, Reason.ACCELERATION: 0.2}
    mask = int(Reason.VELOCITY | Reason.ACCELERATION)
    runs = timeit.repeat(lambda: tally.add_tick(ARMED, mask, shares), number=2000, repeat=20)
    assert min(runs) / 2000 < 3e-6
