"""ros2_control's and MoveIt's `joint_limits` block as the source of a profile's limits.

The block speaks of the driver's positions; the profile's joints of ours, after sign, scale and
offset. What a joint's own entry leaves out comes from the block; what it says may only be tighter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rl_agent.exceptions import Problem
from rl_agent.robots.nearest import nearest

KEY = "joint_limits"
NUMBERS = {
    "min_position": "has_position_limits",
    "max_position": "has_position_limits",
    "soft_lower_limit": "has_soft_limits",
    "soft_upper_limit": "has_soft_limits",
    "max_velocity": "has_velocity_limits",
    "max_acceleration": "has_acceleration_limits",
    "max_deceleration": "has_deceleration_limits",
    "max_jerk": "has_jerk_limits",
    "max_effort": "has_effort_limits",
}
"""Each number, and the flag that turns it on or off."""
FLAGS = frozenset(NUMBERS.values())
# Gains and habits of ros2_control's own limiters: known, and not ours.
IGNORED = frozenset({"k_position", "k_velocity", "angle_wraparound"})
KNOWN = (*NUMBERS, *sorted(FLAGS), *sorted(IGNORED))
ROUNDING = 1e-9

Read = Callable[[Path], dict[str, Any]]
Limits = dict[str, float]


def with_joint_limits(
    data: Mapping[str, Any], folder: Path, read: Read
) -> tuple[dict[str, Any], list[Problem]]:
    """Return a profile's raw data with its joints completed from the block, and all problems.

    Args:
        data: The profile as YAML gave it; nothing of it has been checked yet.
        folder: The profile's; a block in a file of its own must lie inside.
        read: Reads a YAML file safely.

    Raises:
        ProfileError: The block's file cannot be read.
    """
    completed = dict(data)
    given = data.get(KEY)
    joints = data.get("joints")
    if given is None or not isinstance(joints, list):
        return completed, []
    block, problems = _block(given, folder, read)
    found = {name: _limits(name, entry, problems) for name, entry in block.items()}
    problems += _unknown_joints(found, joints)
    completed["joints"] = [
        _complete(index, joint, found, problems) for index, joint in enumerate(joints)
    ]
    return completed, problems


def _block(given: Any, folder: Path, read: Read) -> tuple[dict[str, Any], list[Problem]]:
    if isinstance(given, str):
        path, problem = _inside(folder, given)
        if path is None:
            return {}, [Problem(KEY, problem)]
        content = read(path)
        given = content.get(KEY, content)
    if not isinstance(given, Mapping):
        message = f"expected joints and their limits, or a file's name, got {type(given).__name__}"
        return {}, [Problem(KEY, message)]
    names = [Problem(KEY, f"{n!r} is no joint's name") for n in given if not isinstance(n, str)]
    return {name: entry for name, entry in given.items() if isinstance(name, str)}, names


def _inside(folder: Path, text: str) -> tuple[Path | None, str]:
    """Return the file's path; None, and why, where it lies outside the profile's folder."""
    try:
        path = (folder / text).resolve()
        is_inside = "\0" not in text and path.is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError) as error:
        return None, f"{text!r} is no file's name: {error}"
    if not is_inside:
        return None, f"{text!r} is outside the profile's folder; put the file beside the profile"
    return path, ""


def _limits(name: str, entry: Any, problems: list[Problem]) -> Limits:
    """Return the numbers that are in force, in the driver's units; add what is wrong."""
    path = f"{KEY}.{name}"
    if not isinstance(entry, Mapping):
        problems.append(Problem(path, f"expected limits, got {type(entry).__name__}"))
        return {}
    for key in entry:
        if key not in KNOWN:
            problems.append(
                Problem(f"{path}.{key}", f"is not a known key{nearest(str(key), KNOWN)}")
            )
    for flag in sorted(FLAGS):
        if not isinstance(entry.get(flag, False), bool):
            message = f"expected true or false, got {entry[flag]!r}"
            problems.append(Problem(f"{path}.{flag}", message))
    found = {}
    for key, flag in NUMBERS.items():
        if entry.get(flag) is False:
            continue
        if key not in entry:
            if entry.get(flag) is True:
                problems.append(Problem(f"{path}.{key}", f"is missing, though {flag} is true"))
            continue
        number = _number(entry[key])
        if number is None or (key.startswith("max_") and key != "max_position" and number <= 0.0):
            what = "a number" if number is None else "a number above 0"
            problems.append(Problem(f"{path}.{key}", f"expected {what}, got {entry[key]!r}"))
            continue
        found[key] = number
    return found


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _as_pydantic_reads(value: Any) -> float | None:
    """Return a joint's own number: to YAML 1e3 is text, to pydantic it is not."""
    if isinstance(value, str | bool):
        try:
            return _number(float(value))
        except ValueError:
            return None
    return _number(value)


def _unknown_joints(found: Mapping[str, Limits], joints: list[Any]) -> list[Problem]:
    names = [joint.get("name") for joint in joints if isinstance(joint, Mapping)]
    known = [name for name in names if isinstance(name, str)]
    return [
        Problem(f"{KEY}.{name}", f"the profile has no such joint{nearest(name, known)}")
        for name in found
        if name not in known
    ]


def _complete(index: int, joint: Any, found: Mapping[str, Limits], problems: list[Problem]) -> Any:
    """Return a joint's entry with what it left out; anything that is no joint, as it is."""
    name = joint.get("name") if isinstance(joint, Mapping) else None
    if not isinstance(name, str) or name not in found:
        return joint
    path, limits = f"joints[{index}]", _in_our_units(joint, found[name])
    if joint.get("type") == "continuous" and {"lower", "upper"} & limits.keys():
        problems.append(Problem(f"{path}.type", f"continuous, but {KEY} bounds its position"))
        return joint
    completed = dict(joint)
    for key, bound in limits.items():
        own = _as_pydantic_reads(joint.get(key))
        if joint.get(key) is None:
            completed[key] = bound
        elif own is not None and _is_looser(key, own, bound):
            message = f"{own:g} is looser than {KEY}' {bound:g}; a profile may only tighten"
            problems.append(Problem(f"{path}.{key}", message))
    if completed.get("brake_deceleration") is None and "max_acceleration" in completed:
        # As in ros2_control: who names no deceleration may brake as hard as accelerate.
        completed["brake_deceleration"] = completed["max_acceleration"]
    return completed


def _is_looser(key: str, own: float, bound: float) -> bool:
    return own < bound - ROUNDING if key == "lower" else own > bound + ROUNDING


def _in_our_units(joint: Mapping[str, Any], limits: Limits) -> Limits:
    """Return the profile's keys: ours = sign * scale * driver's + offset."""
    sign, scale, offset = (
        default if (number := _as_pydantic_reads(joint.get(key))) is None else number
        for key, default in (("sign", 1.0), ("scale", 1.0), ("offset_rad", 0.0))
    )
    factor = sign * scale
    lows = [limits[key] for key in ("min_position", "soft_lower_limit") if key in limits]
    highs = [limits[key] for key in ("max_position", "soft_upper_limit") if key in limits]
    ends = [max(lows) if lows else -math.inf, min(highs) if highs else math.inf]
    lower, upper = (
        sorted(end * factor + offset for end in ends) if factor else (-math.inf, math.inf)
    )
    ours = {"lower": lower, "upper": upper}
    size = abs(factor)
    ours |= {k: limits[k] * size for k in ("max_velocity", "max_jerk") if k in limits}
    rates = [limits[key] for key in ("max_acceleration", "max_deceleration") if key in limits]
    if "max_acceleration" in limits:
        # Ours bounds slowing as well, short of an emergency.
        ours["max_acceleration"] = min(rates) * size
    if "max_deceleration" in limits:
        ours["brake_deceleration"] = limits["max_deceleration"] * size
    if "max_effort" in limits:
        ours["max_effort"] = limits["max_effort"]
    return {key: value for key, value in ours.items() if math.isfinite(value)}
