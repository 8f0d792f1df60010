"""Read a robot profile: YAML in, validated `RobotSpec` out. Names every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.robots.joint_limits import with_joint_limits
from rl_agent.robots.nearest import nearest as nearest
from rl_agent.robots.profile_schema import JointModel, ProfileModel, SafetyModel, ToolModel
from rl_agent.spec import (
    ActionSpec,
    ControllerSpec,
    HealthSpec,
    JointSpec,
    JointType,
    PairSpec,
    RobotSpec,
    SafetySpec,
    ToolSpec,
    TwinSpec,
    VelocityCurve,
    WatchdogSpec,
    WorkspaceSpec,
    ZoneSpec,
)

from .yaml_text import YamlTextError, parse_yaml, read_text

SCHEMA_VERSION = 1
ROBOTS_DIR = Path(__file__).parent
MAX_PROBLEMS = 50
"""More than these at once help nobody."""


def available_robots() -> list[str]:
    """Return the names of the profiles that ship with Surefoot."""
    return sorted(path.stem for path in ROBOTS_DIR.glob("*.yaml"))


def find_profile(name_or_path: str | Path) -> Path:
    """Return the profile's file for a shipped name or a path.

    Raises:
        ProfileError: There is no such file; names the nearest robot.
    """
    text = str(name_or_path)
    if text.endswith((".yaml", ".yml")) or "/" in text:
        path = Path(text)
    else:
        path = ROBOTS_DIR / f"{text}.yaml"
    if path.is_file():
        return path
    known = ", ".join(available_robots())
    hint = nearest(text, available_robots())
    raise ProfileError(
        text, [Problem("file", f"no such robot or file{hint}; shipped robots: {known}")]
    )


def load_robot(
    name_or_path: str | Path, *, policy_hz: float | None = None, gate_hz: float | None = None
) -> RobotSpec:
    """Return the validated profile of a shipped robot or of a YAML file.

    Raises:
        ProfileError: Lists every wrong key, unit, name and number with its path.
    """
    path = find_profile(name_or_path)
    data = read_yaml(path)
    if policy_hz is not None:
        data["policy_hz"] = policy_hz
    if gate_hz is not None:
        data["gate_hz"] = gate_hz
    return parse_profile(data, path)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return a YAML file's mapping, read safely and with a size limit.

    Raises:
        ProfileError: The file is missing, too large, uses aliases, or is not a YAML mapping.
    """
    try:
        data = parse_yaml(read_text(path))
    except YamlTextError as error:
        raise ProfileError(str(path), [Problem(error.where, error.message)]) from error
    if not isinstance(data, dict):
        message = f"expected a mapping of keys, got {type(data).__name__}"
        raise ProfileError(str(path), [Problem("file", message)])
    return data


def parse_profile(data: Mapping[str, Any], path: Path) -> RobotSpec:
    """Return the robot that `data` describes; `path` is named in errors and finds the twin's file.

    Raises:
        ProfileError: Lists every problem.
    """
    completed, problems = with_joint_limits(data, path.parent, read_yaml)
    if problems:
        raise ProfileError(str(path), problems)
    try:
        profile = ProfileModel.model_validate(completed)
    except ValidationError as error:
        raise ProfileError(str(path), validation_problems(error, ProfileModel)) from error
    problems = [*_version_problems(profile), *_joint_problems(profile), *_name_problems(profile)]
    problems += _safety_problems(profile)
    if problems:
        raise ProfileError(str(path), problems)
    return _to_spec(profile, path)


def validation_problems(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return pydantic's errors in our words, with the nearest valid key where one was mistyped."""
    details = error.errors(include_url=False)
    problems = [_problem(detail, model) for detail in details[:MAX_PROBLEMS]]
    if len(details) > MAX_PROBLEMS:
        problems.append(Problem("file", f"and {len(details) - MAX_PROBLEMS} more"))
    return problems


def _problem(detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    location = detail["loc"]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    path = path.lstrip(".") or "file"
    if detail["type"] == "extra_forbidden":
        keys = _keys_at(model, location[:-1])
        return Problem(path, f"is not a known key{nearest(str(location[-1]), keys)}")
    if detail["type"] == "missing":
        return Problem(path, "is required and was not given")
    found = detail.get("input")
    shown = "" if isinstance(found, dict | list) else f", got {found!r:.200}"
    return Problem(path, f"{detail['msg']}{shown}")


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        current = _submodel(current.model_fields[part].annotation)
        if current is None:
            return []
    return list(current.model_fields)


def _submodel(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _submodel(inner)
        if found is not None:
            return found
    return None


def _version_problems(profile: ProfileModel) -> list[Problem]:
    if profile.schema_version == SCHEMA_VERSION:
        return []
    message = (
        f"this Surefoot reads version {SCHEMA_VERSION}, the file says {profile.schema_version}"
    )
    return [Problem("schema_version", message)]


def _joint_problems(profile: ProfileModel) -> list[Problem]:
    problems = []
    names = [joint.name for joint in profile.joints]
    for index, joint in enumerate(profile.joints):
        path = f"joints[{index}]"
        if names.index(joint.name) != index:
            problems.append(Problem(f"{path}.name", f"{joint.name!r} is used twice"))
        if joint.brake_deceleration < joint.max_acceleration:
            message = f"must not be below max_acceleration ({joint.max_acceleration})"
            problems.append(Problem(f"{path}.brake_deceleration", message))
        problems += _curve_problems(f"{path}.velocity_curve", joint)
        if joint.type is JointType.CONTINUOUS:
            if joint.lower is not None or joint.upper is not None:
                problems.append(Problem(path, "a continuous joint has no lower and upper"))
            continue
        if joint.lower is None or joint.upper is None:
            problems.append(Problem(path, f"a {joint.type} joint needs lower and upper"))
            continue
        if joint.lower + 2 * joint.margin >= joint.upper:
            message = f"lower {joint.lower} and upper {joint.upper} leave no room inside the margin"
            problems.append(Problem(path, message))
        elif not joint.lower + joint.margin <= joint.home <= joint.upper - joint.margin:
            message = f"{joint.home} is outside the soft limits"
            problems.append(Problem(f"{path}.home", message))
        # Typing degrees where radians belong is the commonest mistake in hand-written profiles.
        if (
            joint.type is JointType.REVOLUTE
            and max(abs(joint.lower), abs(joint.upper)) > 4 * 3.1416
        ):
            message = f"{joint.lower} to {joint.upper} rad looks like degrees; write radians"
            problems.append(Problem(path, message))
    return problems


def _curve_problems(path: str, joint: JointModel) -> list[Problem]:
    curve = joint.velocity_curve
    if curve is None:
        return []
    problems = []
    if curve.slope > 2.0 * joint.max_acceleration:
        message = (
            f"following it takes slope/2 = {curve.slope / 2.0:g} of deceleration, more than"
            f" max_acceleration ({joint.max_acceleration:g}); take {2.0 * joint.max_acceleration:g}"
        )
        problems.append(Problem(f"{path}.slope", message))
    # Nearer to a root than this the curve lets nothing move.
    still = curve.offset**2 / curve.slope
    if not curve.lower + still < joint.home < curve.upper - still:
        problems.append(Problem(path, f"leaves no speed at home ({joint.home:g})"))
    return problems


def _name_problems(profile: ProfileModel) -> list[Problem]:
    problems = []
    actuated = [joint.name for joint in profile.joints if joint.is_actuated]
    if not actuated:
        problems.append(Problem("joints", "no joint is actuated"))
    for index, name in enumerate(profile.action.joints):
        if name not in actuated:
            message = f"{name!r} is not an actuated joint{nearest(name, actuated)}"
            problems.append(Problem(f"action.joints[{index}]", message))
        elif profile.action.joints.index(name) != index:
            problems.append(Problem(f"action.joints[{index}]", f"{name!r} is used twice"))
    if len(profile.action.joints) != len(profile.action.max_speed):
        message = (
            f"expected {len(profile.action.joints)} numbers, got {len(profile.action.max_speed)}"
        )
        problems.append(Problem("action.max_speed", message))
    limits = {joint.name: joint.max_velocity for joint in profile.joints}
    for index, (name, speed) in enumerate(
        zip(profile.action.joints, profile.action.max_speed, strict=False)
    ):
        if speed > limits.get(name, speed):
            message = f"{speed} is above {name}'s max_velocity {limits[name]}"
            problems.append(Problem(f"action.max_speed[{index}]", message))
    problems += _offset_problems(profile)
    if profile.gate_hz < profile.policy_hz:
        message = f"{profile.gate_hz} is below policy_hz {profile.policy_hz}"
        problems.append(Problem("gate_hz", message))
    return problems


def _offset_problems(profile: ProfileModel) -> list[Problem]:
    """Every offset must stay within its joint's soft limits: no action then asks for more."""
    action, joints = profile.action, {joint.name: joint for joint in profile.joints}
    if not action.offset:
        return []
    if len(action.offset) != len(action.joints):
        message = f"expected {len(action.joints)} numbers, got {len(action.offset)}"
        return [Problem("action.offset", message)]
    problems = []
    for index, (name, offset) in enumerate(zip(action.joints, action.offset, strict=True)):
        joint = joints.get(name)
        if joint is None or joint.lower is None or joint.upper is None:
            continue
        room = min(joint.home - joint.lower, joint.upper - joint.home) - joint.margin
        if offset > room:
            message = f"{offset:g} leaves {name}'s soft limits, {room:g} away from home"
            problems.append(Problem(f"action.offset[{index}]", message))
    return problems


def _safety_problems(profile: ProfileModel) -> list[Problem]:
    problems = []
    names = [zone.name for zone in profile.safety.zones]
    for index, name in enumerate(names):
        if names.index(name) != index:
            problems.append(Problem(f"safety.zones[{index}].name", f"{name!r} is used twice"))
    if names and profile.tool is None:
        message = "zones are about the tool; give the profile a tool section"
        problems.append(Problem("safety.zones", message))
    for index, joint in enumerate(profile.joints):
        if profile.safety.limit_effort and joint.is_actuated and joint.max_effort is None:
            message = "safety.limit_effort needs the max_effort of every actuated joint"
            problems.append(Problem(f"joints[{index}].max_effort", message))
    return problems


def _to_spec(profile: ProfileModel, path: Path) -> RobotSpec:
    return RobotSpec(
        name=profile.name,
        description=profile.description,
        schema_version=profile.schema_version,
        joints=tuple(_to_joint(joint) for joint in profile.joints),
        policy_hz=profile.policy_hz,
        gate_hz=profile.gate_hz,
        state_hz=profile.state_hz,
        start_ramp_s=profile.start_ramp_s,
        stop_mode=profile.stop_mode,
        controller=ControllerSpec(**profile.controller.model_dump()),
        action=ActionSpec(
            joints=tuple(profile.action.joints),
            max_speed=tuple(profile.action.max_speed),
            offset=tuple(profile.action.offset),
            smoothing_hz=profile.action.smoothing_hz,
            dead_zone=profile.action.dead_zone,
        ),
        obs_terms=tuple(profile.observation.terms),
        obs_history=profile.observation.history,
        watchdog=WatchdogSpec(**profile.watchdog.model_dump()),
        tool=_to_tool(profile.tool) if profile.tool else None,
        twin=TwinSpec(**profile.twin.model_dump()),
        safety=_to_safety(profile.safety),
        signing_key=profile.signing_key,
        source=path,
    )


def _to_tool(tool: ToolModel) -> ToolSpec:
    workspace = WorkspaceSpec(**tool.workspace.model_dump()) if tool.workspace else None
    return ToolSpec(site=tool.site, base_frame=tool.base_frame, workspace=workspace)


def _to_joint(joint: JointModel) -> JointSpec:
    values = joint.model_dump()
    values["lower"] = -float("inf") if joint.lower is None else joint.lower
    values["upper"] = float("inf") if joint.upper is None else joint.upper
    for name in ("max_effort", "max_jerk"):
        values[name] = float("inf") if values[name] is None else values[name]
    if joint.velocity_curve is not None:
        values["velocity_curve"] = VelocityCurve(**joint.velocity_curve.model_dump())
    return JointSpec(**values)


def _to_safety(safety: SafetyModel) -> SafetySpec:
    values = safety.model_dump(exclude_none=True)
    values["zones"] = tuple(ZoneSpec(**zone) for zone in values["zones"])
    values["pairs"] = tuple(PairSpec(**pair) for pair in values["pairs"])
    values["health"] = HealthSpec(**values["health"])
    return SafetySpec(**values)
