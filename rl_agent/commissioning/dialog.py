"""What a human is asked to calibrate one joint, step by step. Moves nothing itself.

DIRECTION (which way did it move?) → POSE once, or twice for a scale → DONE.
"""

from __future__ import annotations

from enum import StrEnum

from rl_agent.commissioning.calibration import (
    CalibrationError,
    JointCalibration,
    Pose,
    calibrate,
)
from rl_agent.spec import JointSpec, JointType

MIN_HAND_TRAVEL = 0.05
"""Of a joint that is moved by hand to show its direction [rad or m, by the old scale]."""


class Stage(StrEnum):
    """What is asked for next."""

    DIRECTION = "direction"
    POSE = "pose"
    DONE = "done"


class JointDialog:
    """Collects the answers for one joint."""

    def __init__(self, joint: JointSpec, *, solve_scale: bool) -> None:
        self.joint = joint
        self.stage = Stage.DIRECTION
        self._solve_scale = solve_scale
        self._num_poses = 2 if solve_scale else 1
        self._moved_as_told: bool | None = None
        self._poses: list[Pose] = []

    @property
    def unit(self) -> str:
        """Unit of the joint's position."""
        return "m" if self.joint.type is JointType.PRISMATIC else "rad"

    @property
    def question(self) -> str:
        """What the human is asked."""
        name = self.joint.name
        if self.stage is Stage.DIRECTION:
            return f"{name}: did it move in its positive direction (as in the drawing or MJCF)?"
        if self.stage is Stage.POSE:
            number = f" {len(self._poses) + 1} of {self._num_poses}" if self._solve_scale else ""
            return (
                f"{name}: bring it to a known pose or end stop{number}. Where is it [{self.unit}]?"
            )
        return f"{name}: done"

    def answer_direction(self, moved_as_told: bool | None) -> None:
        """Take in whether it moved in its positive direction; None if nobody looked."""
        self._insist(Stage.DIRECTION)
        self._moved_as_told = moved_as_told
        self.stage = Stage.POSE

    def answer_hand_motion(self, before: float, after: float) -> None:
        """Take in what the driver read before and after a hand moved it in its positive direction.

        Raises:
            CalibrationError: It hardly moved.
        """
        travel = self.joint.scale * (after - before)
        if abs(travel) < MIN_HAND_TRAVEL:
            raise CalibrationError(
                f"{self.joint.name}: moved by {abs(travel):.3f} {self.unit} only; move it by at "
                f"least {MIN_HAND_TRAVEL:g}"
            )
        self.answer_direction(self.joint.sign * travel > 0.0)

    def answer_pose(self, driver: float, position: float | None) -> None:
        """Take in a pose; `position` None means that no (further) pose is known."""
        self._insist(Stage.POSE)
        if position is not None:
            self._poses.append(Pose(driver, position))
        if position is None or len(self._poses) >= self._num_poses:
            self.stage = Stage.DONE

    def result(self) -> JointCalibration:
        """Return the calibration.

        Raises:
            CalibrationError: The answers contradict each other or do not suffice.
        """
        self._insist(Stage.DONE)
        return calibrate(
            self.joint,
            moved_as_told=self._moved_as_told,
            poses=self._poses,
            solve_scale=self._solve_scale,
        )

    def _insist(self, stage: Stage) -> None:
        if self.stage is not stage:
            raise CalibrationError(f"{self.joint.name}: expected {self.stage}, got {stage}")
