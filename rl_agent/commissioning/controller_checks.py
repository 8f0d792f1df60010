"""Checks of a ros2_control controller's own parameters against the profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rl_agent.commissioning.finding import Finding, mismatch, ok, skipped, warning
from rl_agent.spec import ControllerType, RobotSpec

Value = bool | int | float | str | Sequence[str] | Sequence[float] | None
TIMEOUTS = ("cmd_timeout", "command_timeout", "reference_timeout", "cmd_vel_timeout")
"""What controllers call the time [s] after which they stop without commands; 0 is never."""
FROM_DESIRED = ("interpolate_from_desired_state", "open_loop_control")
"""The name since Jazzy, and the one before."""
PARTIAL = "allow_partial_joints_goal"
PARAMETERS = (
    "joints",
    "command_interfaces",
    "interface_name",
    PARTIAL,
    *FROM_DESIRED,
    *TIMEOUTS,
)
"""What is asked for; a controller leaves out those that it does not know."""
MIN_TIMEOUT_PERIODS = 2.0


def check_controller(spec: RobotSpec, values: Mapping[str, Value] | None) -> list[Finding]:
    """Return differences.

    Args:
        spec: The profile.
        values: The controller's parameters by name; None where it does not answer.
    """
    if values is None:
        remedy = f"compare the parameters of {spec.controller.name} with the profile by hand"
        return [warning("controller parameters", "no parameter service answers", remedy)]
    findings = [_joints(spec, values), _interface(spec, values), _timeout(spec, values)]
    if spec.controller.type is ControllerType.JOINT_TRAJECTORY:
        findings.append(_start_point(values))
    return findings


def _joints(spec: RobotSpec, values: Mapping[str, Value]) -> Finding:
    check, found = "controller joints", values.get("joints")
    expected = list(spec.command_names)
    if not isinstance(found, list | tuple):
        return skipped(check, "the controller has no parameter joints")
    theirs = [str(name) for name in found]
    remedy = f"set its parameter joints to [{', '.join(expected)}]"
    missing = [name for name in expected if name not in theirs]
    extra = [name for name in theirs if name not in expected]
    if missing:
        return mismatch(check, f"it does not move {', '.join(missing)}", remedy)
    may_be_partial = spec.controller.type is ControllerType.JOINT_TRAJECTORY and values.get(PARTIAL)
    if extra and not may_be_partial:
        found_words = f"it also moves {', '.join(extra)}, which the gate does not command"
        return mismatch(check, found_words, remedy)
    if theirs != expected and spec.controller.type is not ControllerType.JOINT_TRAJECTORY:
        found_words = f"its order is {', '.join(theirs)}, and its messages carry no names"
        return mismatch(check, found_words, remedy)
    order = "" if theirs == expected else " in another order (matched by name)"
    return ok(check, f"all {len(expected)}{order}")


def _interface(spec: RobotSpec, values: Mapping[str, Value]) -> Finding:
    check, kind = "controller interface", spec.controller.type
    expected = "velocity" if kind is ControllerType.FORWARD_VELOCITY else "position"
    if kind is ControllerType.JOINT_TRAJECTORY:
        found = values.get("command_interfaces")
        if not isinstance(found, list | tuple):
            return skipped(check, "the controller has no parameter command_interfaces")
        if expected in found:
            return ok(check, ", ".join(str(name) for name in found))
        words = f"command_interfaces is [{', '.join(str(name) for name in found)}]"
        remedy = "make sure that its own gains hold the arm, or use the position interface"
        return warning(check, words, remedy)
    name = values.get("interface_name")
    if name is None:
        return skipped(check, "the controller has no parameter interface_name")
    if name == expected:
        return ok(check, expected)
    remedy = f"set controller.type in the profile to forward_{name}, or interface_name to "
    return mismatch(check, f"{name}, the profile's {kind} means {expected}", remedy + expected)


def _timeout(spec: RobotSpec, values: Mapping[str, Value]) -> Finding:
    check = "controller time-out"
    name, timeout_s = _known_timeout(values)
    expected_ms = spec.controller.timeout_ms
    is_velocity = spec.controller.type is ControllerType.FORWARD_VELOCITY
    if expected_ms is None:
        if is_velocity:
            remedy = "use a controller that stops by itself, and set controller.timeout_ms"
            return mismatch(check, "the profile names none for a velocity controller", remedy)
        return ok(check, f"{name} is {timeout_s:g} s" if name else "none, none asked for")
    remedy = f"set its time-out to {expected_ms / 1e3:g} s, or correct controller.timeout_ms"
    if not name:
        words = f"none of {', '.join(TIMEOUTS)} is set, the profile says {expected_ms:g} ms"
        return mismatch(check, words, remedy) if is_velocity else warning(check, words, remedy)
    words = f"{name} is {timeout_s:g} s, the profile says {expected_ms:g} ms"
    if timeout_s <= 0.0:
        return mismatch(check, f"{words}: it never stops", remedy)
    if timeout_s * 1e3 > expected_ms * 1.01:
        return mismatch(check, f"{words}: it stops too late", remedy)
    if timeout_s < MIN_TIMEOUT_PERIODS * spec.gate_period_s:
        remedy = f"make it at least {MIN_TIMEOUT_PERIODS * spec.gate_period_s:g} s"
        return mismatch(check, f"{words}: one late command stops the robot", remedy)
    return ok(check, words)


def _known_timeout(values: Mapping[str, Value]) -> tuple[str, float]:
    for name in TIMEOUTS:
        value = values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return name, float(value)
    return "", 0.0


def _start_point(values: Mapping[str, Value]) -> Finding:
    check = "controller start point"
    known = [name for name in FROM_DESIRED if values.get(name) is not None]
    if not known:
        return skipped(check, f"the controller has no parameter {FROM_DESIRED[0]}")
    if any(values[name] for name in known):
        return ok(check, "starts from its own last desired state")
    remedy = f"set {known[0]}: true"
    return warning(check, "starts from the measured state: the arm will lag behind", remedy)
