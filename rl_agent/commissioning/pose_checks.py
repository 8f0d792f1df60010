"""Checks of a pose against a mechanical model: does gravity pull the way the joints say?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from rl_agent.commissioning.finding import Finding, mismatch, ok, one_finding, skipped, warning
from rl_agent.commissioning.reading import Track
from rl_agent.spec import RobotSpec
from rl_agent.types import Array

MIN_SHARE = 0.02
"""Of max_effort: smaller gravity torques drown in friction."""
MIN_TORQUE = 0.02
"""[N m or N], whatever max_effort is."""


NO_MODEL = "install the extra [twin], and let profile and MJCF agree"


class PoseModel(Protocol):
    """What preflight asks of a robot's mechanics."""

    def gravity_torque(self, position: Array) -> Array:
        """Return (num_joints,) what holds the robot still at (num_joints,) [N m or N]."""
        ...

    def overlaps(self, position: Array) -> Sequence[str]:
        """Return in words which bodies would stand inside each other."""
        ...


def check_effort(spec: RobotSpec, track: Track, model: PoseModel | None) -> Finding:
    """Static efforts must have the sign of the torque that holds the arm against gravity.

    It finds a wrong sign where gravity's torque is not mirrored along with the joint: not at a
    joint whose zero hangs straight down.
    """
    check = "sign by gravity"
    if track.effort is None:
        return skipped(check, "the driver reports no efforts")
    if model is None:
        return skipped(check, "no mechanical model", NO_MODEL)
    limits = np.array([joint.max_velocity for joint in spec.joints])
    if (np.abs(track.velocity).max(axis=0) > 0.02 * limits).any():
        return skipped(check, "the robot moves")
    expected = model.gravity_torque(track.pose)
    found = np.median(track.effort, axis=0)
    problems, agreeing = [], []
    for i, joint in enumerate(spec.joints):
        share = MIN_SHARE * joint.max_effort if math.isfinite(joint.max_effort) else 0.0
        threshold = max(MIN_TORQUE, share)
        if not joint.is_actuated or abs(expected[i]) < threshold or abs(found[i]) < threshold:
            continue
        if expected[i] * found[i] < 0.0:
            text = f"{joint.name} holds with {found[i]:+.2f}, the model says {expected[i]:+.2f}"
            remedy = "its sign or pose is wrong: `surefoot robot calibrate` finds sign and offset"
            problems.append((text, remedy))
        else:
            agreeing.append(joint.name)
    if not problems and not agreeing:
        return skipped(check, "no joint carries enough weight in this pose")
    return one_finding(check, problems, f"efforts hold against gravity ({', '.join(agreeing)})")


def check_overlap(track: Track, model: PoseModel | None) -> Finding:
    """In the measured pose the model's bodies do not stand inside each other, nor in the table."""
    check = "pose"
    if model is None:
        return skipped(check, "no mechanical model", NO_MODEL)
    overlaps = model.overlaps(track.pose)
    remedy = "sign or offset of a joint may be wrong: `surefoot robot calibrate` finds them"
    if len(overlaps) > 1:
        return mismatch(check, "; ".join(overlaps), remedy)
    if overlaps:
        return warning(check, overlaps[0], remedy)
    return ok(check, "nothing overlaps in the model at the measured pose")
