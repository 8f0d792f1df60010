"""Floods of small messages, and huge ones."""

from __future__ import annotations

from .context import FaultContext
from .outcome import Expectations, Outcome
from .storm import INPUTS, flood, listens, storm_rig

STORM_S = 3.0
LATE_FACTOR = 1.5
MAX_GROWTH_MB = 50.0
HUGE_JOINTS = 100_000


def row_storm(context: FaultContext) -> Outcome:
    """Row 17."""
    rig = storm_rig(context)
    expectations = Expectations()
    told = []
    topics = [topic for topic in INPUTS if listens(rig, topic)]
    for topic in topics[: context.repeats(len(topics), 2)]:
        context.say(f"storm on {topic}")
        storm = flood(rig, topic, STORM_S)
        limit_s = LATE_FACTOR * rig.spec.gate_period_s
        expectations.expect(storm.p99_s <= limit_s, f"{topic}: period p99 {1e3 * storm.p99_s:.1f}")
        expectations.expect(storm.growth_mb < MAX_GROWTH_MB, f"{topic}: +{storm.growth_mb:.0f} MB")
        told.append(
            f"{topic} {storm.per_s / 1e3:.0f} k/s: {1e3 * storm.p99_s:.1f} ms"
            f" ({1e3 * storm.quiet_p99_s:.1f} quiet), {storm.growth_mb:+.1f} MB"
        )
        rig.restore()
    huge = flood(rig, "command_raw/human", 2.0, extra=HUGE_JOINTS, per_s=20.0)
    expectations.expect(huge.growth_mb < MAX_GROWTH_MB, f"huge: +{huge.growth_mb:.0f} MB")
    told.append(f"{HUGE_JOINTS} joints per message: dropped, {huge.growth_mb:+.1f} MB")
    return expectations.outcome(f"gate's period p99: {'; '.join(told)}")
