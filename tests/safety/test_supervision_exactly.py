"""What a tick's look around comes to. W = 125 ms, S = 20 ms, silence 500 ms; `a` may lag 0.1."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from monitor_rig import axis, robot

from rl_agent.safety.measurement_intake import MeasurementIntake
from rl_agent.safety.proposal_intake import ProposalIntake
from rl_agent.safety.signals import Company, Heartbeat
from rl_agent.safety.state_machine import Event
from rl_agent.safety.supervision import FRESH_WORDS, Supervision
from rl_agent.spec import SafetySpec
from rl_agent.types import Measurement, Reason

FOLLOWING = "a is 0.200 from its command, more than the 0.1 allowed"


def watching(**safety):
    spec = robot(axis("a", max_following_error=0.1), safety=SafetySpec(**safety))
    measurements, proposals = MeasurementIntake(spec), ProposalIntake(spec)
    supervision = Supervision(spec, measurements, proposals)
    return SimpleNamespace(all=supervision, measurements=measurements, proposals=proposals)


def measure(w, stamp_s, position=0.0):
    taken = Measurement(stamp_s, np.array([position]), np.zeros(1), stamp_s)
    return w.measurements.take(taken, stamp_s, may_restart=False)


@pytest.fixture
def w():
    """All is well at 10 s."""
    w = watching()
    measure(w, 10.0)
    w.proposals.watchdog.feed(10.0)
    return w


def look(w, now_s, commanded=0.0, *, has_proposal=True, is_late=False):
    applied = np.array([commanded]), np.zeros(1)
    return w.all.look(now_s, applied, has_proposal=has_proposal, is_late=is_late)


def test_fresh_and_plausible_goes_on(w):
    assert look(w, 10.01) == (Event.FRESH, Reason.NONE, FRESH_WORDS)
    assert w.all.reasons is Reason.NONE


@pytest.mark.parametrize(
    ("age_ms", "has_proposal", "reasons", "cause"),
    [
        (20, True, Reason.NONE, FRESH_WORDS),
        (
            130,
            False,
            Reason.STALE_PROPOSAL | Reason.STALE_OBSERVATION,
            "holding: no new measurement for 130 ms, at most 20 ms are waited",
        ),
        (
            30,
            True,
            Reason.STALE_OBSERVATION,
            "holding: no new measurement for 30 ms, at most 20 ms are waited",
        ),
        (
            10,
            False,
            Reason.STALE_PROPOSAL,
            "holding: no new proposal for 10 ms, at most 125 ms are waited",
        ),
    ],
)
def test_who_is_late_is_told(w, age_ms, has_proposal, reasons, cause):
    event = Event.LATE if reasons else Event.FRESH
    found = look(w, 10.0 + age_ms / 1e3, has_proposal=has_proposal)
    assert found == (event, reasons, cause)
    assert w.all.reasons == reasons


def test_the_first_ones_are_waited_for():
    w = watching()
    assert look(w, 10.0).cause == "holding: waiting for the first measurement"
    measure(w, 10.0)
    found = look(w, 10.0, has_proposal=False)
    assert found.cause == "holding: waiting for the first proposal"


@pytest.mark.parametrize(
    ("measured_s", "proposed_s", "cause"),
    [
        (10.0, 10.4, "no measurement for 501 ms: its source is dead"),
        (10.49, 10.0, "no proposal for 501 ms: its source is dead"),
        (10.0, 10.0, "no measurement for 501 ms: its source is dead"),
    ],
)
def test_a_source_that_is_silent_for_half_a_second_is_dead(w, measured_s, proposed_s, cause):
    measure(w, measured_s)
    w.proposals.watchdog.feed(proposed_s)
    # Half a second is borne to the nanosecond.
    assert look(w, 10.5).event is not Event.SILENT
    event, reasons, words = look(w, 10.501, has_proposal=False)
    stale = Reason.STALE_OBSERVATION if measured_s == 10.0 else Reason.NONE
    assert (event, words) == (Event.SILENT, cause)
    assert reasons == Reason.SILENT | Reason.STALE_PROPOSAL | stale


def test_what_is_doubted_besides_is_named_with_the_silence(w):
    w.all.hear(Company("a, b"))
    found = look(w, 10.6)
    assert found.reasons == Reason.SILENT | Reason.STALE_OBSERVATION | Reason.SECOND_PUBLISHER


def test_readings_that_nobody_believes_are_a_doubt_and_in_the_end_silence(w):
    # 0.5 in 10 ms, where 1.5 * 1 * 0.01 + 0.01 may be.
    for tick in range(1, 52):
        assert measure(w, 10.0 + 0.01 * tick, 0.5) == "measurements_implausible"
        w.proposals.watchdog.feed(10.0 + 0.01 * tick)
        found = look(w, 10.0 + 0.01 * tick)
        if tick == 1:
            assert found == (Event.DOUBT, Reason.IMPLAUSIBLE, "holding: a jumped by 0.500")
    assert found.event is Event.SILENT
    assert found.cause == "no plausible measurement for 510 ms: a jumped by 0.500"
    assert found.reasons == Reason.SILENT | Reason.STALE_OBSERVATION | Reason.IMPLAUSIBLE


def test_a_doubt_is_told_before_a_late_source_and_both_are_named(w):
    w.all.hear(Company("a, b"))
    found = look(w, 10.03, has_proposal=False)
    reasons = Reason.SECOND_PUBLISHER | Reason.STALE_OBSERVATION | Reason.STALE_PROPOSAL
    assert found == (Event.DOUBT, reasons, "holding: a, b")
    assert w.all.reasons == reasons


def test_the_first_of_several_doubts_is_told_and_all_are_named():
    w = watching(presence_ms=200.0)
    measure(w, 10.0)
    w.all.hear(Company("a, b"))
    found = look(w, 10.01)
    assert found == (Event.DOUBT, Reason.SECOND_PUBLISHER | Reason.ABSENT, "holding: a, b")
    w.all.hear(Heartbeat(10.0))
    assert look(w, 10.01).reasons == Reason.SECOND_PUBLISHER


def test_what_is_final_comes_before_everything():
    w = watching(max_missed_ticks=2, presence_ms=200.0)
    measure(w, 10.0)
    assert look(w, 10.0, is_late=True).event is Event.DOUBT
    found = look(w, 99.0, has_proposal=False, is_late=True)
    words = "2 ticks in a row came late: this machine is too busy"
    assert found == (Event.TRIP, Reason.DEADLINE, words)


def test_before_the_first_measurement_nothing_is_found():
    w = watching(max_missed_ticks=1)
    assert look(w, 10.0, is_late=True).event is Event.LATE
    measure(w, 10.0)
    assert look(w, 10.0, is_late=True).event is Event.TRIP


def lag(w, first_s=10.0):
    """Stray from the command by 0.2 for 130 ms, measured all the time."""
    for tick in range(13):
        measure(w, first_s + 0.01 * tick)
        found = look(w, first_s + 0.01 * tick, commanded=0.2)
    return found


def test_new_readings_are_judged(w):
    found = lag(w, 10.01)
    assert found == (Event.DOUBT, Reason.FOLLOWING_ERROR, f"holding: {FOLLOWING}")


def test_an_old_reading_is_not_judged_again(w):
    look(w, 10.0, commanded=0.2)
    assert look(w, 10.15, commanded=0.2).reasons == Reason.STALE_OBSERVATION


def test_arming_begins_anew(w):
    lag(w, 10.01)
    w.all.restart()
    measure(w, 10.14)
    assert look(w, 10.14, commanded=0.2).event is Event.FRESH


def test_an_obstacle_is_the_first_monitors():
    w = watching(presence_ms=200.0)
    measured = Measurement(10.0, np.zeros(1), np.zeros(1), 10.0)
    absent = "no operator was heard on presence within 200 ms"
    assert w.all.obstacle(10.0, measured) == absent
    w.all.hear(Company("a, b"))
    assert w.all.obstacle(10.0, measured) == "a, b"
    w.all.hear(Company(""))
    w.all.hear(Heartbeat(10.0))
    assert w.all.obstacle(10.0, measured) == ""


def test_it_goes_on_where_it_was_saved(w):
    lag(w, 10.01)
    state = json.loads(json.dumps(w.all.get_state(), default=lambda array: array.tolist()))
    other = watching()
    other.measurements.set_state(w.measurements.get_state())
    other.all.set_state(state)
    assert other.all.reasons is Reason.FOLLOWING_ERROR
    # The reading was judged before: the finding stands, although the robot is back by now.
    found = look(other, 10.14)
    assert found == (Event.DOUBT, Reason.FOLLOWING_ERROR, f"holding: {FOLLOWING}")
