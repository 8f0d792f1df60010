"""Checks of what the numbers mean: units, ranges, and whether velocity is position's derivative."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from rl_agent.commissioning.finding import Finding, ok, one_finding, skipped
from rl_agent.commissioning.reading import Track
from rl_agent.spec import JointSpec, JointType, RobotSpec
from rl_agent.types import Array

LIMIT_TOLERANCE = 1e-3
"""A joint that rests on its mechanical stop may read this much beyond its limit [rad or m]."""
DEGREE = math.pi / 180.0
SPAN_S = 0.05
"""Differences of positions are taken over this time: shorter ones are mostly noise."""
STANDSTILL_SHARE = 0.02
SLOPE_RANGE = (0.5, 2.0)
"""Of reported velocity to slope of positions; filters in drivers lag, hence the room."""


def check_range(spec: RobotSpec, track: Track) -> Finding:
    """Positions lie inside the limits; where not, guess the unit or the sign."""
    problems = []
    for joint, position in zip(spec.joints, track.pose, strict=True):
        if not _is_inside(joint, float(position)):
            problems.append(_range_problem(joint, float(position)))
    notes = "all positions inside their limits"
    frozen = [
        joint.name
        for joint, column in zip(spec.joints, track.position.T, strict=True)
        if np.ptp(column) == 0.0
    ]
    if frozen:
        notes += f"; exactly constant: {', '.join(frozen)} (usual in a twin at rest)"
    return one_finding("units and range", problems, notes)


def check_velocity(spec: RobotSpec, track: Track) -> Finding:
    """Reported velocities have sign and size of the positions' slope, where something moves."""
    check = "velocity"
    slope, reported = _slopes(track)
    problems, moved = [], []
    for i, joint in enumerate(spec.joints):
        moves = np.abs(slope[:, i]) > STANDSTILL_SHARE * joint.max_velocity
        if moves.sum() < 2:
            continue
        moved.append(joint.name)
        s, r = slope[moves, i], reported[moves, i]
        ratio = float((s * r).sum() / (s * s).sum())
        if not SLOPE_RANGE[0] <= ratio <= SLOPE_RANGE[1]:
            problems.append(_velocity_problem(joint, ratio))
    if not moved:
        return skipped(check, "nothing moves", "`surefoot robot jog` moves joints to look at this")
    return one_finding(check, problems, f"is the slope of position ({', '.join(moved)} moved)")


def _is_inside(joint: JointSpec, position: float) -> bool:
    return joint.lower - LIMIT_TOLERANCE <= position <= joint.upper + LIMIT_TOLERANCE


def _range_problem(joint: JointSpec, position: float) -> tuple[str, str]:
    unit = "m" if joint.type is JointType.PRISMATIC else "rad"
    found = f"{joint.name} reads {position:.4g} {unit}, outside {joint.lower:g} to {joint.upper:g}"
    driver = (position - joint.offset_rad) / (joint.sign * joint.scale)
    factor, word = (1e-3, "millimetres") if unit == "m" else (DEGREE, "degrees")
    in_unit = joint.sign * factor * driver + joint.offset_rad
    beyond = max(joint.lower - position, position - joint.upper)
    is_far = beyond > 0.5 * (joint.upper - joint.lower)
    if _is_inside(joint, 2.0 * joint.offset_rad - position):
        remedy = "sign or offset_rad may be wrong: `surefoot robot calibrate` finds them; else "
        return f"{found}, but mirrored it is inside", f"{remedy}move the joint inside by hand"
    if joint.scale > 2.0 * factor and is_far and _is_inside(joint, in_unit):
        return f"{found}: {word}?", f"set scale: {factor:.8g} of each joint that is in {word}"
    remedy = "move the joint inside by hand, or find offset_rad with `surefoot robot calibrate`"
    return found, remedy


def _velocity_problem(joint: JointSpec, ratio: float) -> tuple[str, str]:
    found = f"{joint.name}'s velocity is {ratio:.3g} times the slope of its position"
    if ratio < 0.0:
        return found, "mend the driver: velocity has the opposite sign of position"
    if abs(ratio) < 0.05 and not math.isclose(ratio, DEGREE, rel_tol=0.2):
        return found, "mend the driver: it reports no velocity"
    known = {DEGREE: "rad/s beside degrees", 1.0 / DEGREE: "degrees/s beside rad"}
    known |= {1e-3: "m/s beside millimetres", 1e3: "millimetres/s beside m"}
    words = [w for k, w in known.items() if math.isclose(ratio, k, rel_tol=0.2)]
    hint = f" ({words[0]}?)" if words else ""
    return found, f"mend the driver: position and velocity must share one unit{hint}"


def _slopes(track: Track) -> tuple[Array, Array]:
    """Return (M, num_joints) mean slope of position and mean velocity over spans of SPAN_S."""
    stamps = track.stamp_s
    slope, reported = [], []
    marks = _marks(stamps)
    for a, b in pairwise(marks):
        duration_s = stamps[b] - stamps[a]
        slope.append((track.position[b] - track.position[a]) / duration_s)
        # Over a span the mean of velocities at its readings, ends half: the trapezoidal rule.
        steps = np.diff(stamps[a : b + 1])[:, None]
        middle = 0.5 * (track.velocity[a:b] + track.velocity[a + 1 : b + 1])
        reported.append((steps * middle).sum(axis=0) / duration_s)
    empty = np.zeros((0, track.position.shape[1]))
    return (np.array(slope), np.array(reported)) if slope else (empty, empty)


def _marks(stamps: Array) -> list[int]:
    marks = [0] if len(stamps) else []
    for i, stamp_s in enumerate(stamps):
        if stamp_s - stamps[marks[-1]] >= SPAN_S:
            marks.append(i)
    return marks


def describe_pose(spec: RobotSpec, track: Track) -> Finding:
    """Return the pose in words, for the human to compare with what stands before them."""
    parts = [
        f"{joint.name} {position:+.3f}"
        for joint, position in zip(spec.joints, track.pose, strict=True)
    ]
    return ok("pose", ", ".join(parts))
