"""A storm of messages on one of the gate's inputs, and what the gate's period made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .context import FaultContext
from .judge import periods_s
from .rig import Rig

INPUTS = ("joint_states", "command_raw/policy", "command_raw/human", "estop", "joy")
"""What the gate listens to; those that nobody listens to are left out."""
WANTED_PER_S = 50_000
MAX_PROCESSES = 2
"""More would only take the processors from each other."""
QUIET_S = 3.0
STARTS_S = 60.0
"""For starting on a machine that is busy."""


@dataclass(frozen=True)
class Storm:
    """What happened."""

    topic: str
    per_s: float
    """Messages sent per second, by all flooding processes together."""
    num_processes: int
    quiet_p99_s: float
    p99_s: float
    """Of the gate's periods on the wire during the storm."""
    longest_s: float
    growth_mb: float
    """Of the gate's resident memory [1e6 bytes]."""
    state: str
    """The gate's, at the end."""


def storm_rig(context: FaultContext) -> Rig:
    """Return a rig whose witness does not listen to what is flooded.

    Whoever moves has no real-time priority: drowning in the flood too, it would take the processor
    from those that send it.
    """
    watches = ("applied_command", "safety_state", "joint_states_true")
    return context.rig(lies=True, watches=watches, mover=("--ordinary",))


def listens(rig: Rig, topic: str) -> bool:
    """Tell whether the gate listens to a topic."""
    found = rig.operator.node.get_subscriptions_info_by_topic(f"/{topic}")
    return any(info.node_name.startswith("safety_node") for info in found)


def flood(rig: Rig, topic: str, seconds: float, *, extra: int = 0, per_s: float = 0.0) -> Storm:
    """Flood one topic; a second process helps where one does not reach the rate."""
    rig.wait(QUIET_S)
    newest = rig.timeline.applied[-1].received_s
    quiet = periods_s(rig.timeline, newest - QUIET_S, newest)
    storm = _flood(rig, topic, seconds, 1, extra, per_s or WANTED_PER_S)
    if storm.per_s < 0.95 * (per_s or WANTED_PER_S) and not per_s:
        again = _flood(rig, topic, seconds, MAX_PROCESSES, extra, WANTED_PER_S)
        storm = max(storm, again, key=lambda s: s.per_s)
    return Storm(**{**vars(storm), "quiet_p99_s": float(np.quantile(quiet, 0.99))})


def _flood(rig: Rig, topic: str, seconds: float, number: int, extra: int, per_s: float) -> Storm:
    words = ["--robot", rig.plan.robot, "--topic", topic, "--seconds", str(seconds)]
    words += ["--extra", str(extra), "--rate", str(per_s / number)]
    before = rig.memory_mb("safety_node")
    floods = [rig.client("faults.flood", *words, log=f"flood{i}") for i in range(number)]
    rig.until(lambda: all(f.status is not None for f in floods), STARTS_S + seconds, "the storm")
    told = [f.last_words(10).splitlines() for f in floods]
    begins = [float(line.split()[1]) for lines in told for line in lines if "begins" in line]
    sent = [line.split()[1:] for lines in told for line in lines if line.startswith("sent")]
    if len(sent) != number:
        raise RuntimeError(f"a flooding process ended early: {told}")
    during = periods_s(rig.timeline, max(begins), min(begins) + seconds)
    return Storm(
        topic=topic,
        per_s=sum(int(count) / float(duration) for count, duration in sent),
        num_processes=number,
        quiet_p99_s=0.0,
        p99_s=float(np.quantile(during, 0.99)) if len(during) else np.inf,
        longest_s=float(during.max()) if len(during) else np.inf,
        growth_mb=rig.memory_mb("safety_node") - before,
        state=rig.state.state,
    )
