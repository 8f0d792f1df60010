"""Why the gate would not arm or reset, in words that tell what to do about it."""

from __future__ import annotations

from rl_agent.safety.watchdog import ROUNDING_S
from rl_agent.spec import ControllerType, JointSpec, JointType, RobotSpec
from rl_agent.types import Measurement

# A joint counts as standing below this share of its velocity limit: encoders are noisy.
STANDSTILL_SHARE = 0.02
# A joint that rests on its mechanical stop may read this much beyond its limit [rad or m].
LIMIT_TOLERANCE = 1e-3


def controller_obstacle(spec: RobotSpec) -> str | None:
    """Return why the robot would not stop properly if the gate died; None if it would."""
    controller = spec.controller
    if controller.type is ControllerType.JOINT_TRAJECTORY or controller.timeout_ms is not None:
        return None
    if controller.type is ControllerType.FORWARD_VELOCITY:
        return (
            f"the velocity controller {controller.name} has no time-out, so the robot would go on "
            "moving if this process died; use one that has, and set controller.timeout_ms"
        )
    return (
        f"the position controller {controller.name} has no time-out, so the robot would stop from "
        "full speed at once if this process died; use a joint_trajectory_controller, whose "
        "messages end in a braking tail, or set controller.timeout_ms if the driver has one"
    )


def data_obstacle(measurement: Measurement | None, age_s: float, limit_s: float) -> str | None:
    """Return why the newest measurement cannot be relied on; None if it can."""
    if measurement is None:
        return "no measurement has arrived; start the robot's driver or the twin"
    if age_s <= limit_s + ROUNDING_S:
        return None
    return (
        f"the last measurement is {age_s * 1e3:.0f} ms old, at most {limit_s * 1e3:.0f} ms are "
        "accepted; check that the robot's driver runs"
    )


def motion_obstacle(spec: RobotSpec, measurement: Measurement) -> str | None:
    """Return which command joint moves; None if all stand."""
    for index, joint in zip(spec.command_index, spec.command_joints, strict=True):
        speed = abs(float(measurement.velocity[index]))
        if speed > STANDSTILL_SHARE * joint.max_velocity:
            unit = _unit(joint)
            return f"{joint.name} moves at {speed:.2f} {unit}/s; wait until the robot stands"
    return None


def range_obstacle(spec: RobotSpec, measurement: Measurement) -> str | None:
    """Return which command joint is outside its hard limits; None if none is."""
    for index, joint in zip(spec.command_index, spec.command_joints, strict=True):
        position = float(measurement.position[index])
        if not joint.lower - LIMIT_TOLERANCE <= position <= joint.upper + LIMIT_TOLERANCE:
            unit = _unit(joint)
            return (
                f"{joint.name} is at {position:.3f} {unit}, outside its limits {joint.lower:g} to "
                f"{joint.upper:g} {unit}; move it inside by hand"
            )
    return None


def _unit(joint: JointSpec) -> str:
    return "m" if joint.type is JointType.PRISMATIC else "rad"
