"""Checks of the topics that tell of a robot's body: are they there, and often enough?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rl_agent.commissioning.finding import Finding, mismatch
from rl_agent.commissioning.stream_checks import gap_finding
from rl_agent.interface.observation import BODY_SOURCES
from rl_agent.spec import RobotSpec


def body_topics(spec: RobotSpec) -> dict[str, str]:
    """Return the topics that a robot's profile asks for, and what for."""
    needs: dict[str, list[str]] = {}
    for term, topic in BODY_SOURCES.items():
        if term in spec.obs_terms:
            needs.setdefault(topic, []).append(f"observation term {term}")
    if spec.safety.max_tilt_rad is not None:
        needs.setdefault("imu", []).append("safety.max_tilt_rad")
    return {topic: ", ".join(words) for topic, words in needs.items()}


def check_body(spec: RobotSpec, arrivals_s: Mapping[str, Sequence[float]]) -> list[Finding]:
    """Return a finding per topic that the profile asks for.

    Args:
        spec: The robot.
        arrivals_s: When messages came, by topic, steady clock [s].
    """
    limit_ms = 1e3 * spec.observation_timeout_s
    findings = []
    for topic, need in body_topics(spec).items():
        gaps_ms = 1e3 * np.diff(arrivals_s.get(topic, ()))
        if not len(gaps_ms):
            remedy = "start its publisher, or leave out of the profile what needs it"
            findings.append(mismatch(topic, f"nothing arrives, and {need} needs it", remedy))
            continue
        p99_ms = float(np.percentile(gaps_ms, 99.0))
        found = f"99 % arrive within {p99_ms:.1f} ms of each other; {need} is unknown after "
        found += f"{limit_ms:.0f}"
        remedy = "publish it more often, or raise watchdog.observation_ms"
        findings.append(gap_finding(topic, p99_ms, limit_ms, found, remedy))
    return findings
