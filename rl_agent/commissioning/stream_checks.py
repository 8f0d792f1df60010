"""Checks of joint_states as a stream of messages: names, sizes, numbers, stamps, rate, jitter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rl_agent.commissioning.finding import (
    Finding,
    mismatch,
    ok,
    one_finding,
    warning,
)
from rl_agent.commissioning.reading import Reading
from rl_agent.robots.profile import nearest
from rl_agent.spec import RobotSpec

LARGEST = 1e6
"""No joint is ever there or that fast, in whatever unit."""
USUAL_RATE = (0.85, 1.15)
TOLERATED_RATE = (0.7, 1.5)
"""Of state_hz: below it, watchdogs bite that are derived from it; above, delays are not as said."""
MIN_READINGS = 20


def check_names(spec: RobotSpec, readings: Sequence[Reading]) -> Finding:
    """Every joint of the profile once; others and another order do not matter."""
    check = "joint names"
    kinds = sorted({reading.names for reading in readings})
    problems: list[tuple[str, str]] = []
    for names in kinds:
        problems += _name_problems(spec, names)
    if len(kinds) > 1 and problems:
        remedy = "several drivers publish parts; let one joint_state_broadcaster publish all joints"
        problems.append((f"{len(kinds)} kinds of message alternate", remedy))
    return one_finding(check, list(dict.fromkeys(problems)), _naming(spec, kinds[0]))


def check_sizes(readings: Sequence[Reading]) -> Finding:
    """As many numbers as names, and velocities at all."""
    problems: dict[str, str] = {}
    for reading in readings:
        size = len(reading.names)
        if len(reading.position) != size:
            found = f"{size} names but {len(reading.position)} positions"
            problems[found] = "mend the driver: every joint needs a position"
        if not reading.velocity:
            problems["no velocities"] = (
                "let the driver publish them (joint_state_broadcaster: state interface velocity)"
            )
        elif len(reading.velocity) != size:
            found = f"{size} names but {len(reading.velocity)} velocities"
            problems[found] = "mend the driver: every joint needs a velocity"
    efforts = "with efforts" if readings[0].effort else "without efforts"
    return one_finding("sizes", list(problems.items()), f"positions and velocities, {efforts}")


def check_finite(readings: Sequence[Reading]) -> Finding:
    """Nothing is NaN, infinite, or beyond any sense."""
    bad: dict[str, int] = {}
    for reading in readings:
        for values in (reading.position, reading.velocity, reading.effort):
            for name, value in zip(reading.names, values, strict=False):
                if not abs(value) <= LARGEST:
                    bad[name] = bad.get(name, 0) + 1
    problems = [
        (f"{name} is not finite in {count} of {len(readings)} readings", "mend the driver or cable")
        for name, count in bad.items()
    ]
    return one_finding("finite", problems, f"all {len(readings)} readings")


def check_stamps(readings: Sequence[Reading]) -> Finding:
    """Stamps are the sequence number: they rise strictly."""
    check = "stamps"
    steps = np.diff([reading.stamp_s for reading in readings])
    if len(steps) and not steps.any():
        return mismatch(
            check, "never change", "let the driver stamp each message with its time of measurement"
        )
    count = int((steps <= 0.0).sum())
    if count:
        found = f"{count} of {len(steps)} do not increase"
        remedy = "look for a second publisher, or a driver that repeats old messages"
        return mismatch(check, found, remedy)
    return ok(check, "rise strictly")


def check_rate(spec: RobotSpec, readings: Sequence[Reading]) -> Finding:
    """The driver's rate, by the median distance of its stamps, against state_hz."""
    check = "rate"
    rate_hz = rate_of(readings)
    share = rate_hz / spec.state_hz
    found = f"{rate_hz:.0f} Hz, the profile's state_hz is {spec.state_hz:g}"
    remedy = f"set the driver's rate (update_rate) to {spec.state_hz:g} Hz, or state_hz in the "
    remedy += f"profile to {rate_hz:.0f}"
    if not TOLERATED_RATE[0] <= share <= TOLERATED_RATE[1]:
        return mismatch(check, found, remedy)
    if not USUAL_RATE[0] <= share <= USUAL_RATE[1]:
        return warning(check, found, remedy)
    return ok(check, found)


def rate_of(readings: Sequence[Reading]) -> float:
    """Return readings per second [Hz]; by arrival where the stamps say nothing, 0 without two."""
    for part in ("stamp_s", "received_s"):
        steps = np.diff([getattr(reading, part) for reading in readings])
        if len(steps) and np.median(steps) > 0.0:
            return float(1.0 / np.median(steps))
    return 0.0


def check_jitter(spec: RobotSpec, readings: Sequence[Reading]) -> Finding:
    """The time between two arrivals against S, the age at which the gate holds."""
    steps = np.diff([reading.received_s for reading in readings])
    p99_ms = float(np.percentile(steps, 99.0)) * 1e3
    limit_ms = spec.observation_timeout_s * 1e3
    found = f"99 % arrive within {p99_ms:.1f} ms of each other; the gate holds after {limit_ms:.0f}"
    remedy = (
        "take load off this machine or give it real-time priority, use a wired network, or raise "
        "watchdog.observation_ms"
    )
    return gap_finding("jitter", p99_ms, limit_ms, found, remedy)


def gap_finding(check: str, p99_ms: float, limit_ms: float, found: str, remedy: str) -> Finding:
    """Return what a 99th percentile of gaps [ms] means beside the longest that is allowed."""
    if p99_ms > limit_ms:
        return mismatch(check, found, remedy)
    if p99_ms > 0.5 * limit_ms:
        return warning(check, found, remedy)
    return ok(check, found)


def _name_problems(spec: RobotSpec, names: tuple[str, ...]) -> list[tuple[str, str]]:
    problems = []
    for name in spec.joint_names:
        count = names.count(name)
        if count == 0:
            found = f"{name} is missing{nearest(name, names)}"
            remedy = "use the driver's joint names in the profile, or start the missing driver"
            problems.append((found, remedy))
        elif count > 1:
            problems.append((f"{name} stands there {count} times", "mend the driver's joint list"))
    return problems


def _naming(spec: RobotSpec, names: tuple[str, ...]) -> str:
    extra = [name for name in names if name not in spec.joint_names]
    shared = tuple(name for name in names if name in spec.joint_names)
    notes = [f"all {len(spec.joints)} there"]
    if shared != spec.joint_names:
        notes.append("in another order than the profile's (matched by name)")
    if extra:
        notes.append(f"beside them {', '.join(extra)} (not used)")
    return ", ".join(notes)
