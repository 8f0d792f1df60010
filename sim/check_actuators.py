"""Differences between a profile's controller and the MJCF's actuators."""

from __future__ import annotations

import math

import mujoco

from rl_agent.exceptions import Problem
from rl_agent.spec import ControllerType, RobotSpec
from sim.check_joints import ROUNDING, axis_joints
from sim.joint_map import is_joint_actuator

_EXPECTED = {
    ControllerType.JOINT_TRAJECTORY: "position",
    ControllerType.FORWARD_POSITION: "position",
    ControllerType.FORWARD_VELOCITY: "velocity",
}


def actuator_problems(spec: RobotSpec, model: mujoco.MjModel) -> list[Problem]:
    """Return differences of which joints are driven, and how."""
    drives = _drives(model)
    expected = _EXPECTED[spec.controller.type]
    known = axis_joints(model)
    problems = []
    for index, joint in enumerate(spec.joints):
        path = f"joints[{index}].is_actuated"
        if joint.name not in known:
            continue
        found = drives.get(joint.name, [])
        if joint.is_actuated and len(found) != 1:
            message = f"true, but the MJCF has {len(found)} actuators for {joint.name!r}"
            problems.append(Problem(path, message))
        elif not joint.is_actuated and found:
            problems.append(Problem(path, f"false, but the MJCF drives {joint.name!r}"))
        elif found:
            problems += _type_problems(model, found[0], joint.name, spec.controller.type, expected)
            problems += _gear_problems(model, found[0], joint.name, f"joints[{index}]")
    return problems


def effort_loosenings(spec: RobotSpec, model: mujoco.MjModel) -> list[Problem]:
    """Return where the profile allows more effort than the MJCF's actuator has."""
    drives = _drives(model)
    problems = []
    for index, joint in enumerate(spec.joints):
        found = drives.get(joint.name, [])
        if len(found) != 1 or not model.actuator_forcelimited[found[0]]:
            continue
        strongest = float(model.actuator_forcerange[found[0], 1])
        if joint.max_effort > strongest + ROUNDING:
            given = f"{joint.max_effort:g}" if math.isfinite(joint.max_effort) else "not given"
            message = f"{given}: looser than the MJCF's forcerange {strongest:g}"
            problems.append(Problem(f"joints[{index}].max_effort", message))
    return problems


def _drives(model: mujoco.MjModel) -> dict[str, list[int]]:
    drives: dict[str, list[int]] = {}
    for actuator in range(model.nu):
        if is_joint_actuator(model, actuator):
            name = model.joint(int(model.actuator_trnid[actuator, 0])).name
            drives.setdefault(name, []).append(actuator)
    return drives


def _type_problems(
    model: mujoco.MjModel, actuator: int, joint: str, controller: ControllerType, expected: str
) -> list[Problem]:
    found = _actuator_type(model, actuator)
    if found == expected:
        return []
    message = f"{controller} needs {expected} actuators, but that of {joint!r} is for {found}"
    return [Problem("controller.type", message)]


def _gear_problems(model: mujoco.MjModel, actuator: int, joint: str, path: str) -> list[Problem]:
    gear = float(model.actuator_gear[actuator, 0])
    if gear == 1.0:
        return []
    message = f"the MJCF's actuator of {joint!r} has gear {gear:g}; commands are in joint units"
    return [Problem(f"{path}.sign" if gear < 0 else f"{path}.scale", message)]


def _actuator_type(model: mujoco.MjModel, actuator: int) -> str:
    """Tell a servo by its force law gain * ctrl + bias1 * position + bias2 * velocity."""
    gain = float(model.actuator_gainprm[actuator, 0])
    _, per_position, per_velocity = (float(b) for b in model.actuator_biasprm[actuator, :3])
    if per_position == -gain:
        return "position"
    if per_position == 0.0 and per_velocity == -gain:
        return "velocity"
    return "effort"
