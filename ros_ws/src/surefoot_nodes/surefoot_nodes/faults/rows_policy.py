"""The policy's process dies, hangs, or answers late."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rl_agent.types import Array

from .context import FaultContext
from .judge import Braking, judge_braking, observation_ages_s
from .outcome import Expectations, Outcome, failure, not_tried
from .rig import Rig

POLICY_HZ = 100.0
"""W is 30 ms at this rate."""
BAR_S = 0.050
"""The design's 30 ms, and what schedulers and a wire take."""
WATCH_S = 0.7
"""The silence that latches is 500 ms long."""
HANG_S = 2.0
FOLLOWS_S = 0.5
"""How long it is watched what is followed after a hang."""
SHORT_HANG_S = 0.1


@dataclass(frozen=True)
class Hang:
    """One hang and what followed it."""

    braking: Braking
    ages_s: Array
    """Of the observations behind what was followed after SIGCONT, when it first acted."""
    num_before_arm: int
    """Commands that followed a proposal between SIGCONT and reset and arm."""


def policy_rig(context: FaultContext) -> Rig:
    """Return a rig with a real policy_node at 100 proposals per second."""
    return context.rig(policy_hz=POLICY_HZ, actor="dls")


def kill_policy(context: FaultContext, rig: Rig, count: int) -> Iterator[Braking]:
    """Kill the policy in motion, again and again; yield what followed each time."""
    for number in range(count):
        context.say(f"kill -9 of the policy, {number + 1} of {count}")
        rig.get_moving(context.rng)
        event_s = rig.kill("policy_node")
        rig.wait(WATCH_S)
        yield judge_braking(rig.timeline, event_s, event_s + WATCH_S)
        rig.spawn("policy_node")
        rig.bring_up("policy_node")
        rig.restore()


def hang_policy(context: FaultContext, rig: Rig, count: int) -> Iterator[Hang]:
    """Stop the policy's process for two seconds, again and again; yield what followed."""
    for number in range(count):
        context.say(f"SIGSTOP of the policy, {number + 1} of {count}")
        rig.get_moving(context.rng)
        event_s = rig.signal("policy_node", signal.SIGSTOP)
        rig.wait(HANG_S)
        on_s = rig.signal("policy_node", signal.SIGCONT)
        rig.wait(FOLLOWS_S)
        braking = judge_braking(rig.timeline, event_s, on_s + FOLLOWS_S)
        followed = len(observation_ages_s(rig.timeline, on_s, on_s + FOLLOWS_S))
        rig.restore()
        rig.wait(FOLLOWS_S)
        ages = observation_ages_s(rig.timeline, on_s, on_s + 2.0 * FOLLOWS_S + 15.0)
        yield Hang(braking, ages, followed)


def row_kill(context: FaultContext) -> Outcome:
    """Row 1."""
    rig = policy_rig(context)
    return judge_brakings(list(kill_policy(context, rig, context.repeats(5, 2))))


def judge_brakings(found: list[Braking]) -> Outcome:
    """Return the outcome of brakings that must begin within the bar, and latch."""
    expectations = Expectations()
    times = [b.first_brake_s for b in found if b.first_brake_s is not None]
    expectations.expect(len(times) == len(found), "no braking command followed")
    expectations.expect(max(times, default=1.0) <= BAR_S, f"later than {1e3 * BAR_S:g} ms")
    expectations.expect(all(b.is_latched for b in found), "the stop did not latch")
    expectations.expect(not any(b.moved_again for b in found), "moved again by itself")
    worst_ms = 1e3 * max(times, default=float("nan"))
    return expectations.outcome(f"first braking command ≤ {worst_ms:.1f} ms in {len(found)} trials")


def row_hang(context: FaultContext) -> Outcome:
    """Row 2."""
    rig = policy_rig(context)
    hangs = list(hang_policy(context, rig, context.repeats(4, 1)))
    outcome = judge_brakings([hang.braking for hang in hangs])
    if any(hang.num_before_arm for hang in hangs):
        return failure(outcome.figure, "a proposal was followed before reset and arm")
    oldest_s = max((float(hang.ages_s.max()) for hang in hangs if len(hang.ages_s)), default=0.0)
    limit_s = oldest_allowed_s(rig)
    words = f"{outcome.figure}; oldest observation followed afterwards {1e3 * oldest_s:.0f} ms"
    if oldest_s > limit_s:
        return failure(words, f"older than {1e3 * limit_s:.0f} ms")
    return Outcome(outcome.verdict, words, outcome.detail)


def oldest_allowed_s(rig: Rig) -> float:
    """Return how old the observation behind a proposal may be when it first acts [s]."""
    spec = rig.spec
    return spec.proposal_timeout_s + spec.observation_timeout_s + spec.gate_period_s


def row_overrun(context: FaultContext) -> Outcome:
    """Row 12: inference that takes 100 ms, imitated by stopping its process for as long."""
    rig = policy_rig(context)
    expectations = Expectations()
    worst_s, count = 0.0, context.repeats(4, 2)
    for _ in range(count):
        rig.get_moving(context.rng)
        event_s = rig.signal("policy_node", signal.SIGSTOP)
        rig.wait(SHORT_HANG_S)
        rig.signal("policy_node", signal.SIGCONT)
        rig.wait(FOLLOWS_S)
        found = judge_braking(rig.timeline, event_s, event_s + SHORT_HANG_S)
        expectations.expect(found.first_brake_s is not None, "it was not braked")
        worst_s = max(worst_s, found.first_brake_s or np.inf)
        expectations.expect(rig.state.state == "ARMED", f"did not go on: {rig.state.cause}")
    expectations.expect(worst_s <= BAR_S, f"later than {1e3 * BAR_S:g} ms")
    return expectations.outcome(
        f"held after ≤ {1e3 * worst_s:.1f} ms and went on by itself, {count} times",
        "the process was stopped for 100 ms instead of a sleep inside its inference",
    )


def row_swap(context: FaultContext) -> Outcome:
    """Row 32."""
    del context
    return not_tried("policies are not swapped while they run yet: there is no hot swap to try")
