"""From a recording to what happened: when, why, how fast, how far, and what to do next."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import numpy as np

from rl_agent.data.black_box import GATE_SILENT
from rl_agent.exceptions import ReportError
from rl_agent.safety.leaning import LEANING_SHARE, is_limited
from rl_agent.spec import ControllerType, JointType
from rl_agent.types import SafetyState

from .braking_facts import Braking, find_braking
from .explanation import (
    BrakingFacts,
    ChangeFacts,
    Explanation,
    JointFacts,
    LimitFacts,
    SourceFacts,
    StateFacts,
    TripFacts,
)
from .gate_counts import changes_between
from .limit_audit import audit_commands
from .remedies import LEANING, remedies
from .trip_record import SourceSeries, StateChange, TripRecord

LAST_S = 1.0
"""What sources did is told of the last second."""
AUDITED = ("position", "velocity", "acceleration", "jerk")


ANNOUNCED_S = 0.05
"""A braking command may be heard this much before the alarm: they come on two topics."""


class Cause(NamedTuple):
    """What set the trip off."""

    words: str
    time_s: float
    early_s: float = 0.0
    """How much before it the reaction may be heard."""


def explain(record: TripRecord, number: int | None = None) -> Explanation:
    """Return what a record tells about a trip of its, the last one unless `number` says which.

    Raises:
        ReportError: There is no such trip.
    """
    trips = _trips(record)
    if number is not None and not 1 <= number <= len(trips):
        raise ReportError(f"{record.path}: no trip {number}; it holds {len(trips)}")
    chosen = number or len(trips)
    trip = trips[chosen - 1] if trips else None
    start_s, end_s = _span(record)
    zero_s = trip.received_s if trip is not None else start_s
    cause = _cause(record, trip) if trip is not None else Cause("the end", end_s)
    recording, spec = record.recording, record.spec
    braking = find_braking(spec, recording, cause.time_s, cause.early_s) if trip else None
    changes, leaning_share = _changes(record, trip.received_s if trip else end_s)
    advice = remedies(trip.reasons) if trip else []
    sources = (record.measurements, *record.proposals)
    return Explanation(
        path=str(record.path),
        robot=record.spec.name,
        description=record.spec.description,
        start_s=start_s - zero_s,
        end_s=end_s - zero_s,
        trip=_trip_facts(record, trip, chosen, len(trips)) if trip else None,
        timeline=_timeline(record, zero_s),
        sources=tuple(
            _source_facts(s, (start_s, cause.time_s), trip.received_s if trip else end_s)
            for s in sources
        ),
        joints=_joints(record, braking) if braking else (),
        changes=changes,
        leaning_share=leaning_share,
        braking=_braking_facts(cause, braking, zero_s) if trip else None,
        limits=_limits(record),
        remedies=(*advice, *([LEANING] if leaning_share > LEANING_SHARE else [])),
    )


def _trips(record: TripRecord) -> list[StateChange]:
    about = record.about
    if about:
        # A box is about one trip; those that it saw before have boxes of their own.
        reasons = tuple(about["reasons"])
        return [StateChange(about["steady_s"], about["state"], about["cause"], reasons)]
    found, was_alarm = [], False
    for change in record.states:
        if change.is_alarm and not was_alarm:
            found.append(change)
        was_alarm = change.is_alarm
    return found


def _span(record: TripRecord) -> tuple[float, float]:
    recording = record.recording
    series = [recording.measurements.received_s, recording.applied.received_s]
    # Latched messages may be older than all else: they are no part of the span.
    times = [s for s in (*series, *(p.received_s for p in record.proposals)) if len(s)]
    states = [change.received_s for change in record.states]
    if not times:
        return (min(states), max(states)) if states else (0.0, 0.0)
    return float(min(t[0] for t in times)), float(max([*(t[-1] for t in times), *states]))


def _cause(record: TripRecord, trip: StateChange) -> Cause:
    """Return what the reaction is timed from, on the steady clock."""
    reasons = set(trip.reasons)
    if GATE_SILENT in reasons:
        return _last("the gate's last command", record.recording.applied.received_s, trip)
    if reasons & {"NON_FINITE", "BAD_PROPOSAL"}:
        bad = np.concatenate([source.bad_s for source in record.proposals])
        return _last("the message that was refused", np.sort(bad), trip)
    if "SILENT" in reasons:
        if "STALE_OBSERVATION" in reasons or "measurement" in trip.cause:
            return _last("the last reading", record.measurements.good_s, trip)
        good = np.concatenate([source.good_s for source in record.proposals])
        return _last("the last proposal", np.sort(good), trip)
    return Cause("the alarm", trip.received_s, ANNOUNCED_S)


def _last(words: str, times_s: Any, trip: StateChange) -> Cause:
    before = times_s[times_s <= trip.received_s]
    if len(before):
        return Cause(words, float(before[-1]))
    return Cause("the alarm", trip.received_s, ANNOUNCED_S)


def _trip_facts(record: TripRecord, trip: StateChange, number: int, total: int) -> TripFacts:
    return TripFacts(
        utc=record.about.get("utc"),
        state=trip.state,
        cause=trip.cause,
        reasons=trip.reasons,
        number=number,
        total=total,
    )


def _timeline(record: TripRecord, zero_s: float) -> tuple[StateFacts, ...]:
    return tuple(
        StateFacts(
            at_s=change.received_s - zero_s,
            state=change.state,
            cause=change.cause,
            reasons=change.reasons,
        )
        for change in record.states
    )


def _source_facts(source: SourceSeries, span_s: tuple[float, float], until_s: float) -> SourceFacts:
    """Return how often it was heard at the end of `span_s`, and how long before `until_s` last."""
    good_s = source.good_s
    heard = good_s[good_s <= until_s]
    # A box may begin less than a second ago.
    last_s = min(LAST_S, max(span_s[1] - span_s[0], 1e-3))
    recent = (good_s > span_s[1] - last_s) & (good_s <= span_s[1])
    return SourceFacts(
        name=source.name,
        expected_hz=source.expected_hz,
        rate_hz=int(recent.sum()) / last_s,
        age_s=float(until_s - heard[-1]) if len(heard) else None,
        num_bad=len(source.bad_s),
        num_repeated=int((~source.is_fresh).sum()),
    )


def _joints(record: TripRecord, braking: Braking) -> tuple[JointFacts, ...]:
    facts = []
    for i, joint in enumerate(record.spec.command_joints):
        commanded = float(braking.commanded[i])
        facts.append(
            JointFacts(
                name=joint.name,
                unit="m" if joint.type is JointType.PRISMATIC else "rad",
                commanded=commanded,
                measured=None if braking.measured is None else float(braking.measured[i]),
                share=abs(commanded) / joint.max_velocity,
                way=float(braking.way[i]),
                measured_way=(
                    None if braking.measured_way is None else float(braking.measured_way[i])
                ),
            )
        )
    return tuple(facts)


def _braking_facts(cause: Cause, braking: Braking | None, zero_s: float) -> BrakingFacts:
    facts = BrakingFacts(
        cause=cause.words,
        cause_at_s=cause.time_s - zero_s,
        first_command_s=None,
        commanded_rest_s=None,
        measured_rest_s=None,
        was_moving=False,
    )
    if braking is None:
        return facts
    first_s = braking.first_command_s
    return replace(
        facts,
        first_command_s=None if first_s is None else max(first_s - cause.time_s, 0.0),
        commanded_rest_s=braking.commanded_rest_s,
        measured_rest_s=braking.measured_rest_s,
        was_moving=bool(np.any(braking.commanded != 0.0)),
    )


def _changes(record: TripRecord, until_s: float) -> tuple[tuple[ChangeFacts, ...], float]:
    """Return what was changed before `until_s`, and the share of followed proposals."""
    applied = record.recording.applied.between(-math.inf, until_s)
    means = changes_between(record.recording.counts, end_s=until_s + LAST_S)
    total = max(len(applied.ticks), 1)
    facts = []
    for name, ticks in sorted(applied.interventions().items(), key=lambda item: -item[1]):
        mean = means[name].mean if name in means and means[name].mean > 0.0 else None
        facts.append(ChangeFacts(reason=name, ticks=ticks, share=ticks / total, mean=mean))
    following = np.array([state is SafetyState.ARMED for state in applied.states], dtype=np.bool_)
    num_limited = (is_limited(applied.reasons) & following).sum()
    # Of less than a second nothing is said: the first ticks after arming are no habit.
    least = LAST_S * record.spec.gate_hz
    return tuple(facts), float(num_limited / max(following.sum(), least))


def _limits(record: TripRecord) -> LimitFacts | None:
    trace = record.recording.applied.trace()
    is_velocity = record.spec.controller.type is ControllerType.FORWARD_VELOCITY
    if is_velocity or not len(trace.ticks):
        return None
    audit = audit_commands(record.spec, trace)
    found = asdict(audit)
    violations = {name: int(found[name]) for name in AUDITED if name in found}
    return LimitFacts(num_ticks=audit.num_ticks, num_gaps=audit.num_gaps, violations=violations)
