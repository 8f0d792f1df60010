"""Can a policy that wants to do harm get a command past the gate? Counted by a recorder."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_least, equal, reported
from bench.wire_attack import attack

from rl_agent.reporting.limit_audit import audit_commands
from rl_agent.types import SafetyState

NUM_TICKS = 10_000
SPARE = 1.05


def measure(context: Context) -> Iterator[Figure]:
    """Yield violations in ten thousand ticks, and what a number that is none does."""
    num_ticks = context.repeats(NUM_TICKS, 2_000)
    recording, num_stops = attack(
        context, context.spec, "adversary", num_ticks / context.spec.gate_hz * SPARE
    )
    audit = audit_commands(context.spec, recording.applied.trace())
    num_followed = sum(source == "policy" for source in recording.applied.sources)
    detail = (
        f"{audit.num_pairs} consecutive ticks, {num_followed} of them following the adversary,"
        f" {audit.num_braking} braking or holding, {audit.num_gaps} gaps, {num_stops} latched stops"
        f" reset by the operator; closest to the limits: velocity {audit.velocity_share:.12g},"
        f" acceleration {audit.acceleration_share:.12g}, braking {audit.braking_share:.12g}"
    )
    quick = context.quick_words("fewer ticks")
    yield at_least("path-f.ticks", audit.num_pairs, num_ticks, "ticks", detail + quick)
    for name in ("position", "velocity", "acceleration"):
        yield equal(f"path-f.{name}", getattr(audit, name), 0, "ticks outside", detail + quick)
    yield reported("path-f.followed", num_followed, "ticks", "commands made from the adversary's")
    yield from _not_a_number(context)


def _not_a_number(context: Context) -> Iterator[Figure]:
    recording, _ = attack(context, context.spec, "not-a-number", 4.0, "--nan", is_reset=False)
    audit = audit_commands(context.spec, recording.applied.trace())
    is_latched = recording.applied.states[-1] is SafetyState.STOPPED
    yield equal(
        "path-f.nan_latches", is_latched, True, "", "NaN in one position: STOPPED to the end"
    )
    yield equal("path-f.nan_violations", audit.violations, 0, "ticks outside", "beside NaN")
