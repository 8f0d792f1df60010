"""Differences of joints between a profile and its MJCF: names, order, types, ranges, sign."""

from __future__ import annotations

import math

import mujoco

from rl_agent.exceptions import Problem
from rl_agent.robots.profile import nearest
from rl_agent.spec import JointSpec, JointType, RobotSpec

# Files round to four or five digits.
ROUNDING = 1e-4
MIRROR_TOLERANCE = 1e-3
_DEGREE = math.pi / 180.0


def names_of(model: mujoco.MjModel, kind: int, count: int) -> list[str]:
    """Return the names of all objects of one kind, in model order."""
    return [mujoco.mj_id2name(model, kind, i) or "" for i in range(count)]


def axis_joints(model: mujoco.MjModel) -> list[str]:
    """Return the names of the MJCF's joints with one axis, in model order."""
    names = names_of(model, mujoco.mjtObj.mjOBJ_JOINT, model.njnt)
    return [name for i, name in enumerate(names) if _kind(model, i) != "free or ball"]


def joint_problems(spec: RobotSpec, model: mujoco.MjModel) -> list[Problem]:
    """Return differences of names, order, types, driver signs and scales."""
    known = axis_joints(model)
    problems = []
    for index, joint in enumerate(spec.joints):
        path = f"joints[{index}]"
        if joint.name not in known:
            message = f"the MJCF has no joint {joint.name!r}{nearest(joint.name, known)}"
            problems.append(Problem(f"{path}.name", message))
            continue
        problems += _type_problems(path, joint, model)
        problems += _driver_problems(path, joint, model, known.index(joint.name))
    for name in known:
        if name not in spec.joint_names:
            message = f"the MJCF's joint {name!r} is missing{nearest(name, spec.joint_names)}"
            problems.append(Problem("joints", message))
    return problems + _order_problems(spec, known)


def joint_loosenings(spec: RobotSpec, model: mujoco.MjModel) -> list[Problem]:
    """Return where the profile lets a joint go further or faster than the MJCF does."""
    known = axis_joints(model)
    problems = []
    for index, joint in enumerate(spec.joints):
        if joint.name not in known:
            continue
        path = f"joints[{index}]"
        problems += _range_loosenings(path, joint, model)
        fastest = per_joint(model, "max_velocity", known.index(joint.name))
        if fastest is not None and joint.max_velocity > fastest + ROUNDING:
            message = f"{joint.max_velocity:g} is looser than the MJCF's {fastest:g}"
            problems.append(Problem(f"{path}.max_velocity", message))
    return problems


def per_joint(model: mujoco.MjModel, numeric: str, index: int) -> float | None:
    """Return the MJCF's custom numeric for its `index`-th joint, None where it does not say."""
    i = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_NUMERIC, numeric)
    if i < 0 or index >= int(model.numeric_size[i]):
        return None
    return float(model.numeric_data[int(model.numeric_adr[i]) + index])


def _kind(model: mujoco.MjModel, joint: int) -> str:
    kinds = {
        int(mujoco.mjtJoint.mjJNT_HINGE): "hinge",
        int(mujoco.mjtJoint.mjJNT_SLIDE): "slide",
    }
    return kinds.get(int(model.jnt_type[joint]), "free or ball")


def _type_problems(path: str, joint: JointSpec, model: mujoco.MjModel) -> list[Problem]:
    expected = "slide" if joint.type is JointType.PRISMATIC else "hinge"
    found = _kind(model, model.joint(joint.name).id)
    if found != expected:
        unit = "m" if found == "slide" else "rad"
        message = f"{joint.type} means {expected}, but the MJCF has a {found} joint (unit {unit})"
        return [Problem(f"{path}.type", message)]
    is_limited = bool(model.joint(joint.name).limited[0])
    if joint.type is JointType.CONTINUOUS and is_limited:
        return [Problem(f"{path}.type", "continuous, but the MJCF's joint has a range")]
    return []


def _driver_problems(
    path: str, joint: JointSpec, model: mujoco.MjModel, index: int
) -> list[Problem]:
    """Compare with what the MJCF says of the driver; silence means +1 and SI units."""
    problems = []
    sign = per_joint(model, "driver_sign", index) or 1.0
    if joint.sign != sign:
        message = f"{joint.sign:+d}, but the MJCF's driver_sign says {sign:+g}"
        problems.append(Problem(f"{path}.sign", message))
    scale = per_joint(model, "driver_scale", index) or 1.0
    if not math.isclose(joint.scale, scale, rel_tol=1e-3):
        hint = " (degrees?)" if math.isclose(joint.scale, _DEGREE, rel_tol=1e-2) else ""
        message = f"{joint.scale:g}{hint}, but the MJCF's driver_scale says {scale:g}"
        problems.append(Problem(f"{path}.scale", message))
    return problems


def _range_loosenings(path: str, joint: JointSpec, model: mujoco.MjModel) -> list[Problem]:
    if joint.type is JointType.CONTINUOUS or not model.joint(joint.name).limited[0]:
        return []
    lower, upper = (float(bound) for bound in model.joint(joint.name).range)
    hint = _range_hint(joint, lower, upper)
    problems = []
    if joint.lower < lower - ROUNDING:
        message = f"{joint.lower:g} is looser than the MJCF's {lower:g}{hint}"
        problems.append(Problem(f"{path}.lower", message))
    if joint.upper > upper + ROUNDING:
        message = f"{joint.upper:g} is looser than the MJCF's {upper:g}{hint}"
        problems.append(Problem(f"{path}.upper", message))
    return problems


def _range_hint(joint: JointSpec, lower: float, upper: float) -> str:
    is_mirrored = max(abs(joint.lower + upper), abs(joint.upper + lower)) < MIRROR_TOLERANCE
    if is_mirrored:
        return "; the range is mirrored: is the sign wrong?"
    factor = 1000.0 if joint.type is JointType.PRISMATIC else 1.0 / _DEGREE
    unit = "millimetres" if joint.type is JointType.PRISMATIC else "degrees"
    if joint.upper > 0 and upper > 0 and math.isclose(joint.upper, upper * factor, rel_tol=0.02):
        return f"; is it in {unit}?"
    return ""


def _order_problems(spec: RobotSpec, known: list[str]) -> list[Problem]:
    shared = [name for name in known if name in spec.joint_names]
    given = [name for name in spec.joint_names if name in known]
    if given == shared:
        return []
    message = f"order is {', '.join(given)}; the MJCF's is {', '.join(shared)}"
    return [Problem("joints", message)]
