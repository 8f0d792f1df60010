"""From known poses to sign, scale and offset: position = sign * scale * driver_position + offset.

A pose pairs what the driver reads with where the joint truly is. One pose gives the offset, two
give the scale as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rl_agent.exceptions import SurefootError
from rl_agent.spec import JointSpec, JointType

MIN_TRAVEL = 0.1
"""Between the poses that give a scale [rad or m by the old scale]; less magnifies reading errors.

A tenth of it is asked for on prismatic joints."""
SNAP = 0.01
"""A scale this close to a usual one is that one: nobody measures an angle to 1 %."""
MAX_DISAGREEMENT = 0.05
"""[rad or m] between poses that should give the same offset."""
USUAL_SCALES = (1.0, math.pi / 180.0, 1e-3, math.pi / 2048.0)
"""SI, degrees, millimetres, steps of a servo with 4096 a turn."""


class CalibrationError(SurefootError):
    """What was answered contradicts itself or does not suffice."""


@dataclass(frozen=True)
class Pose:
    """One place where the truth is known."""

    driver: float
    """What the driver reads, in its own unit."""
    position: float
    """Where the joint is [rad or m]."""


@dataclass(frozen=True, kw_only=True)
class JointCalibration:
    """How a driver's number becomes ours."""

    sign: int
    scale: float
    offset_rad: float

    @staticmethod
    def of(joint: JointSpec) -> JointCalibration:
        """Return what the profile says."""
        return JointCalibration(sign=joint.sign, scale=joint.scale, offset_rad=joint.offset_rad)

    def position(self, driver: float) -> float:
        """Return the position [rad or m] of a driver's number."""
        return self.sign * self.scale * driver + self.offset_rad

    def changes(self, old: JointCalibration) -> dict[str, float | int]:
        """Return the keys of the profile that differ, with their new values."""
        found: dict[str, float | int] = {}
        if self.sign != old.sign:
            found["sign"] = self.sign
        if not math.isclose(self.scale, old.scale, rel_tol=1e-6):
            found["scale"] = _rounded(self.scale)
        if abs(self.offset_rad - old.offset_rad) > 5e-5:
            found["offset_rad"] = round(self.offset_rad, 4)
        return found


def calibrate(
    joint: JointSpec,
    *,
    moved_as_told: bool | None,
    poses: Sequence[Pose],
    solve_scale: bool,
) -> JointCalibration:
    """Return the joint's calibration.

    Args:
        joint: With its present calibration.
        moved_as_told: Whether it moved in its positive direction when told so; None: not tried.
        poses: Known poses, any number.
        solve_scale: Take the scale from the poses; otherwise keep it.

    Raises:
        CalibrationError: Answers contradict each other or do not suffice.
    """
    sign = joint.sign if moved_as_told in (True, None) else -joint.sign
    scale = joint.scale
    if solve_scale:
        gain = _gain(joint, poses)
        if moved_as_told is not None and math.copysign(1.0, gain) != sign:
            raise CalibrationError(
                f"{joint.name}: the poses say sign {int(math.copysign(1.0, gain)):+d}, the "
                f"direction of motion says {sign:+d}; repeat both"
            )
        sign, scale = int(math.copysign(1.0, gain)), _snapped(abs(gain), joint.scale)
    return JointCalibration(sign=sign, scale=scale, offset_rad=_offset(joint, sign * scale, poses))


def _gain(joint: JointSpec, poses: Sequence[Pose]) -> float:
    if len(poses) < 2:
        raise CalibrationError(f"{joint.name}: two known poses give a scale, got {len(poses)}")
    driver = np.array([pose.driver for pose in poses])
    position = np.array([pose.position for pose in poses])
    least = MIN_TRAVEL / 10.0 if joint.type is JointType.PRISMATIC else MIN_TRAVEL
    # The scale is in question: whichever of the two measures shows no way, there is none.
    if min(np.ptp(position), np.ptp(driver) * joint.scale) < least:
        raise CalibrationError(
            f"{joint.name}: the known poses lie less than {least:g} apart; take poses further apart"
        )
    centred = driver - driver.mean()
    gain = float((centred * (position - position.mean())).sum() / (centred * centred).sum())
    if gain == 0.0:
        raise CalibrationError(f"{joint.name}: the known poses contradict each other")
    return gain


def _offset(joint: JointSpec, gain: float, poses: Sequence[Pose]) -> float:
    if not poses:
        return joint.offset_rad
    offsets = [pose.position - gain * pose.driver for pose in poses]
    spread = max(offsets) - min(offsets)
    if spread > MAX_DISAGREEMENT:
        raise CalibrationError(
            f"{joint.name}: the poses give offsets that differ by {spread:.3f}; repeat them, or "
            "let the scale be found as well (--scale)"
        )
    return float(np.mean(offsets))


def _snapped(scale: float, old: float) -> float:
    usual = min((old, *USUAL_SCALES), key=lambda known: abs(math.log(scale / known)))
    return usual if math.isclose(scale, usual, rel_tol=SNAP) else scale


def _rounded(scale: float) -> float:
    return float(f"{scale:.8g}")
