"""A storm on each of the gate's inputs: does the gate keep its time and its memory?"""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.fault_trials import fault_context
from bench.figure import Figure, at_most, reported

from surefoot_nodes.faults.rows_storm import LATE_FACTOR, MAX_GROWTH_MB
from surefoot_nodes.faults.storm import INPUTS, WANTED_PER_S, flood, listens, storm_rig

SECONDS = 15.0


def measure(context: Context) -> Iterator[Figure]:
    """Yield period, memory and rate per input."""
    seconds = SECONDS if not context.quick else 4.0
    with fault_context(context) as faults:
        rig = storm_rig(faults)
        bar_ms = 1e3 * LATE_FACTOR * rig.spec.gate_period_s
        topics = [topic for topic in INPUTS if listens(rig, topic)]
        yield reported("safety-i.inputs", ", ".join(topics), "", "what the gate listens to here")
        for topic in topics:
            context.say(f"storm on {topic} for {seconds:g} s …")
            storm = flood(rig, topic, seconds)
            name = f"safety-i.{topic.replace('/', '_')}"
            reached = "" if storm.per_s >= 0.95 * WANTED_PER_S else "; 50 k/s was not reached here"
            detail = (
                f"{storm.per_s / 1e3:.1f} k messages/s from {storm.num_processes} process(es)"
                f"{reached}; quiet p99 {1e3 * storm.quiet_p99_s:.1f} ms, longest"
                f" {1e3 * storm.longest_s:.1f} ms; the gate is {storm.state} at the end"
                + context.quick_words("shorter")
            )
            yield at_most(f"{name}_period_p99", 1e3 * storm.p99_s, bar_ms, "ms", detail)
            words = "growth of safety_node's resident memory"
            yield at_most(f"{name}_memory", storm.growth_mb, MAX_GROWTH_MB, "MB", words)
            rig.restore()
