"""The pacer against a fake clock: a policy with its own rate, phase, jitter and losses."""

import itertools

import numpy as np
import pytest
from planar_robot import planar_spec

from surefoot_nodes.grid import Grid
from surefoot_nodes.pacing import LONGEST, SHORTEST, EveryRound, PacerRates, TickPacer

T = 0.01
LATENESS_S = 1e-4
"""A thread wakes this long after its deadline."""


def rates(policy_hz=20.0, watchdog_s=0.125):
    return PacerRates(period_s=T, policy_period_s=1.0 / policy_hz, watchdog_s=watchdog_s)


def run(arrivals_s, end_s, *, config=None, lateness_s=LATENESS_S):
    """Let the gate tick until `end_s`; return its ticks, and how long each proposal waited."""
    pacer = TickPacer(config or rates(), 0.0)
    arrivals, ticks, served = sorted(arrivals_s), [], []
    waiting = []
    while True:
        due_s = pacer.deadline_s + lateness_s
        if arrivals and arrivals[0] <= due_s:
            now_s = arrivals.pop(0)
            waiting.append(now_s)
            if not pacer.on_arrival(now_s):
                continue
        else:
            now_s = due_s
        if now_s > end_s:
            return np.array(ticks), np.array(served)
        pacer.on_tick(now_s)
        ticks.append(now_s)
        served += [now_s - arrival_s for arrival_s in waiting]
        waiting.clear()


def periodic(policy_hz, end_s, phase_s=0.003, jitter_s=0.0, seed=0):
    times = np.arange(phase_s, end_s, 1.0 / policy_hz)
    return (times + np.random.default_rng(seed).uniform(0.0, jitter_s, len(times))).tolist()


def check_intervals(ticks):
    intervals = np.diff(ticks) / T
    assert intervals.min() >= SHORTEST - 1e-9
    assert intervals.max() <= LONGEST + 1.5 * LATENESS_S / T


def test_ticks_at_its_own_rate_without_proposals():
    ticks, _ = run([], 1.0, lateness_s=0.0)
    np.testing.assert_allclose(np.diff(ticks), T)


@pytest.mark.parametrize("policy_hz", [10.0, 20.0, 25.0, 50.0, 100.0])
@pytest.mark.parametrize("phase_s", [0.0001, 0.002, 0.0049, 0.0051, 0.0075, 0.0099])
def test_locks_onto_proposals_whatever_their_phase(policy_hz, phase_s):
    arrivals = periodic(policy_hz, 5.0, phase_s)
    ticks, waits = run(arrivals, 5.0, config=rates(policy_hz))
    check_intervals(ticks)
    # In phase: every proposal is served at once.
    assert waits[len(waits) // 4 :].max() == 0.0


@pytest.mark.parametrize("policy_hz", [20.0, 50.0])
def test_same_number_of_ticks_in_every_policy_period(policy_hz):
    arrivals = periodic(policy_hz, 10.0, jitter_s=0.0008)
    ticks, _ = run(arrivals, 10.0, config=rates(policy_hz))
    settled = [a for a in arrivals if a > 1.0]
    counts = {int(((ticks >= a) & (ticks < b)).sum()) for a, b in itertools.pairwise(settled)}
    assert counts == {round(100.0 / policy_hz)}


@pytest.mark.parametrize("policy_hz", [20.0, 30.0, 50.0, 100.0])
@pytest.mark.parametrize("jitter_s", [0.0, 0.001, 0.004, 0.02])
def test_mean_rate_is_the_gates(policy_hz, jitter_s):
    ticks, _ = run(periodic(policy_hz, 20.0, jitter_s=jitter_s), 20.0, config=rates(policy_hz))
    check_intervals(ticks)
    assert 0.97 <= len(ticks) * T / 20.0 <= 1.002


def test_jitter_of_a_millisecond_is_served_at_once():
    _, waits = run(periodic(20.0, 20.0, jitter_s=0.001), 20.0)
    assert np.mean(waits[20:] == 0.0) > 0.99


def test_flood_of_proposals_does_not_make_the_gate_faster():
    ticks, _ = run(np.arange(0.0, 5.0, 0.0076).tolist(), 5.0, config=rates(100.0))
    check_intervals(ticks)
    assert len(ticks) <= 5.0 / T * 1.002 + 1


def test_policy_of_an_odd_rate_leaves_the_period_alone():
    ticks, _ = run(periodic(30.0, 5.0), 5.0, config=rates(30.0), lateness_s=0.0)
    assert len(ticks) == pytest.approx(500, abs=2)


def test_late_tick_is_not_made_up_for():
    pacer = TickPacer(rates(), 0.0)
    pacer.on_tick(0.08)
    assert pacer.deadline_s == pytest.approx(0.09)


def test_lost_proposal_keeps_at_most_the_next_one_waiting():
    arrivals = periodic(20.0, 10.0)
    kept = [a for i, a in enumerate(arrivals) if i % 7 != 3]
    ticks, waits = run(kept, 10.0)
    check_intervals(ticks)
    # Every seventh is lost: of the six that follow, only the first may wait.
    assert np.mean(waits[20:] > 0.0) <= 1 / 6 + 0.01
    assert waits[20:].max() < 0.5 * T


@pytest.mark.parametrize("policy_hz", [20.0, 50.0])
@pytest.mark.parametrize("watchdog_s", [0.06, 0.125])
def test_tick_that_brakes_comes_right_after_the_watchdog(policy_hz, watchdog_s):
    for phase_s in np.arange(0.0, 0.01, 0.0007):
        last_s = periodic(policy_hz, 2.0, phase_s)[-1]
        config = rates(policy_hz, watchdog_s)
        ticks, _ = run(periodic(policy_hz, 2.0, phase_s), 2.5, config=config)
        check_intervals(ticks)
        braking_s = ticks[ticks > last_s + watchdog_s][0]
        assert braking_s <= last_s + watchdog_s + 0.1 * T


def test_grid_catches_up_short_stalls_and_drops_long_ones():
    grid = Grid(0.005, 0.0, max_lag_s=0.1)
    grid.advance(0.05)
    assert (grid.deadline_s, grid.dropped_s) == (pytest.approx(0.01), 0.0)
    grid.advance(0.515)
    assert grid.dropped_s == pytest.approx(0.5)
    assert grid.deadline_s == pytest.approx(0.515)


def test_rates_are_the_robots():
    spec = planar_spec()
    assert PacerRates.of(spec) == PacerRates(period_s=0.01, policy_period_s=0.05, watchdog_s=0.125)


def test_in_lockstep_a_tick_is_due_in_every_round_and_never_in_between():
    pacer = EveryRound()
    for number in range(1, 4):
        assert not pacer.on_arrival(number * T)
        assert pacer.deadline_s <= number * T
        pacer.on_tick(number * T)
