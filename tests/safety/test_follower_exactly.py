"""Following by hand. T = 10 ms, a policy period of 50 ms; v_max 1, a 10.

From rest to rest over d the reference is d s^2 (3 - 2 s), with s the share of the time that passed.
"""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from monitor_rig import axis, robot

from rl_agent.safety.follower import Follower, renamed
from rl_agent.safety.mux import Mux
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.types import Command, Proposal, Reason, Source, Verdict

FIRST, SECOND = 0.104, 0.352
"""s^2 (3 - 2 s) after 10 and 20 ms of 50."""


def following(start=0.2, **changes):
    """A follower whose robot stands at `start`, its filter, and the proposals it may follow."""
    spec = robot(axis("a"), **changes)
    safety_filter = SafetyFilter(spec)
    safety_filter.reset(np.array([start]))
    follower = Follower(spec, safety_filter)
    follower.restart()
    return SimpleNamespace(follower=follower, filter=safety_filter, mux=Mux(0.125))


def propose(f, position, tick=0, stamp_s=1.0, period_s=0.05):
    command = Command(np.array([position]), np.zeros(1))
    f.mux.accept(Proposal(Source.POLICY, command, stamp_s, stamp_s, period_s), tick)
    return f.mux.newest(Source.POLICY)


def gone(f):
    return f.filter.position[0] - 0.2


def test_a_segment_lasts_for_a_policy_period_from_the_tick_after_it_came():
    f = following()
    entry = propose(f, 0.201, tick=7)
    verdict = f.follower.step(entry, 8)
    assert verdict.command.position[0] == pytest.approx(0.2 + 0.001 * FIRST, abs=1e-12)
    assert verdict.reasons is Reason.NONE and verdict.shares == {}
    f.follower.step(entry, 9)
    assert gone(f) == pytest.approx(0.001 * SECOND, abs=1e-12)
    for tick in range(10, 13):
        f.follower.step(entry, tick)
    assert gone(f) == pytest.approx(0.001, abs=1e-12)


def test_one_that_waited_has_less_time_left():
    f = following()
    # It came at tick 5; two of five ticks passed before it was followed: s = 1 / 3.
    f.follower.step(propose(f, 0.201, tick=5), 8)
    assert gone(f) == pytest.approx(0.001 * 7.0 / 27.0, abs=1e-12)


def travel(f, arrivals, speed=0.1):
    """Follow end points on a line, a period's way apart; return the mean speed of each tick.

    Args:
        f: From `following`.
        arrivals: Stamp [s] of the proposal that comes after a tick, by tick.
        speed: [rad/s]; reached from rest by the end of the first period, within the limits.
    """
    speeds = []
    for tick in range(1, max(arrivals) + 6):
        if tick - 1 in arrivals:
            stamp_s = arrivals[tick - 1]
            end = Command(np.array([0.2 + speed * (stamp_s + 0.05)]), np.array([speed]))
            f.mux.accept(Proposal(Source.POLICY, end, stamp_s, 0.01 * tick, 0.05), tick - 1)
        before = f.filter.position[0]
        f.follower.step(f.mux.newest(Source.POLICY), tick)
        speeds.append((f.filter.position[0] - before) / 0.01)
    return speeds


@pytest.mark.parametrize("late", [0, 1, 2])
def test_one_that_came_late_is_reached_when_it_was_due(late):
    # Past the end point the end velocity is kept: then fewer ticks are left for the way to go.
    speeds = travel(following(), {0: 0.0, 5: 0.05, 10 + late: 0.1, 15: 0.15})
    assert speeds[5:] == pytest.approx([0.1] * 15, abs=1e-9)


def test_what_skipped_a_period_was_not_late():
    # Stamped two periods on: its end point is a whole period ahead of where the robot went on to.
    speeds = travel(following(), {0: 0.0, 5: 0.05, 15: 0.15})
    assert speeds[5:] == pytest.approx([0.1] * 15, abs=1e-9)


def test_half_a_period_is_left_however_late_it_came():
    f = following()
    f.follower.step(propose(f, 0.201, tick=0), 1)
    for tick in range(2, 10):
        f.follower.step(f.mux.newest(Source.POLICY), tick)
    # Four ticks past the end, at rest. From rest to rest in 25 ms: s = 0.4 after the first.
    f.follower.step(propose(f, 0.202, tick=9, stamp_s=1.05), 10)
    assert gone(f) == pytest.approx(0.001 + 0.001 * 0.352, abs=1e-12)


def test_an_equal_proposal_that_is_another_begins_a_segment():
    f = following()
    f.follower.step(propose(f, 0.201, tick=0), 1)
    f.follower.step(propose(f, 0.201, tick=1, stamp_s=1.1), 2)
    # Hermite from 0.104 with slope 6 * 0.2 * 0.8 / 0.05 = 19.2 to 1, all of 0.001, at s = 0.2:
    # 0.104 + 0.2 * 0.96 + 0.04 * 0.768 - 0.008 * 0.832.
    assert gone(f) == pytest.approx(0.001 * 0.320064, abs=1e-12)


@pytest.mark.parametrize("again", ["leave", "restart"])
def test_who_left_the_reference_starts_plainly(again):
    f = following()
    entry = propose(f, 0.201, tick=0)
    f.follower.step(entry, 1)
    getattr(f.follower, again)()
    f.filter.reset(np.array([0.2]))
    f.follower.step(entry, 1)
    assert gone(f) == pytest.approx(0.001 * FIRST, abs=1e-12)


def test_a_shifted_segment_goes_on_from_the_measured_place():
    f = following()
    entry = propose(f, 0.201)
    f.follower.step(entry, 1)
    f.follower.shift(np.array([-0.5]))
    assert f.filter.position == pytest.approx([-0.5])
    f.follower.step(entry, 2)
    assert f.filter.position[0] == pytest.approx(-0.5 + 0.001 * (SECOND - FIRST), abs=1e-12)


def reasons_and_shares(f, ticks):
    """Go far away for some ticks."""
    entry = propose(f, 0.9)
    for tick in range(1, ticks + 1):
        verdict = f.follower.step(entry, tick)
    return verdict.reasons, set(verdict.shares)


def test_an_operators_share_is_named_where_it_bites_more():
    f = following()
    f.follower.speed.target = 0.25
    f.follower.restart()
    # 0.1 of speed a tick: the third one meets 0.25.
    assert reasons_and_shares(f, 2)[0] is Reason.ACCELERATION
    reasons, shares = reasons_and_shares(f, 3)
    assert reasons & Reason.SPEED_SCALE and not reasons & Reason.START_RAMP
    assert Reason.SPEED_SCALE in shares and Reason.START_RAMP not in shares
    assert f.filter.velocity == pytest.approx([0.25])


def test_the_start_ramp_is_named_where_it_bites_more():
    f = following(start_ramp_s=1.0)
    reasons, shares = reasons_and_shares(f, 5)
    assert reasons & Reason.START_RAMP and not reasons & Reason.SPEED_SCALE
    assert Reason.START_RAMP in shares and Reason.SPEED_SCALE not in shares
    # 0.1 + 0.9 * 0.05 of full speed.
    assert f.filter.velocity == pytest.approx([0.145])


def test_only_the_one_reason_is_renamed():
    command = Command(np.zeros(1), np.zeros(1))
    verdict = Verdict(
        command,
        Reason.START_RAMP | Reason.POSITION,
        {Reason.START_RAMP: 0.3, Reason.POSITION: 0.1},
        is_braking=True,
    )
    assert renamed(verdict, Reason.START_RAMP, Reason.SPEED_SCALE) == Verdict(
        command,
        Reason.SPEED_SCALE | Reason.POSITION,
        {Reason.SPEED_SCALE: 0.3, Reason.POSITION: 0.1},
        is_braking=True,
    )


def restored(f):
    """Another follower that goes on where `f` is."""
    other = following()
    other.filter.set_state(f.filter.get_state())
    other.mux = f.mux
    state = json.loads(json.dumps(f.follower.get_state(), default=lambda array: array.tolist()))
    other.follower.set_state(state, f.mux)
    return other


def test_it_goes_on_with_the_segment_it_was_saved_in():
    f = following()
    entry = propose(f, 0.201)
    f.follower.step(entry, 1)
    # A robot off its reference: a new segment would start there, the old one leads back.
    f.filter.anchor(np.array([0.2]))
    other = restored(f)
    other.follower.step(entry, 2)
    assert gone(other) == pytest.approx(0.001 * SECOND, abs=1e-12)


def test_a_newer_proposal_begins_a_segment_though_an_older_was_saved():
    f = following()
    f.follower.step(propose(f, 0.201), 1)
    newer = propose(f, 0.1, tick=1, stamp_s=1.05)
    other = restored(f)
    f.follower.step(newer, 2)
    other.follower.step(newer, 2)
    assert gone(other) == gone(f) < 0.0


@pytest.mark.parametrize("follows", [True, False])
def test_where_no_proposal_is_left_the_next_begins_a_segment(follows):
    f = following()
    if follows:
        f.follower.step(propose(f, 0.201), 1)
    f.mux.clear()
    other = restored(f)
    next_entry = propose(f, 0.22, tick=1)
    f.follower.step(next_entry, 2)
    other.follower.step(next_entry, 2)
    assert gone(other) == gone(f) > 0.0
