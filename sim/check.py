"""Compare a robot profile with its MJCF, and list every difference at once."""

from __future__ import annotations

import hashlib
import math

import mujoco

from rl_agent.exceptions import Problem
from rl_agent.robots.profile import nearest
from rl_agent.spec import RobotSpec
from sim.check_actuators import actuator_problems, effort_loosenings
from sim.check_base import base_problems
from sim.check_joints import joint_loosenings, joint_problems, names_of
from sim.loading import load_model

MAX_OVERLAP_M = 0.001
MAX_DELAY_MS = 1000.0


def compare(spec: RobotSpec, model: mujoco.MjModel | None = None) -> list[Problem]:
    """Return what a profile and its MJCF disagree about; empty when they agree.

    Args:
        spec: The profile.
        model: Its compiled MJCF; loaded from `twin.mjcf` if not given.

    Raises:
        TwinMismatchError: The MJCF is missing or cannot be read.
    """
    model = load_model(spec) if model is None else model
    joints = joint_problems(spec, model)
    problems = [
        *_rate_problems(spec),
        *_delay_problems(spec),
        *joints,
        *actuator_problems(spec, model),
        *_bound_problems(spec, model),
        *_tool_problems(spec, model),
        *base_problems(spec, model),
    ]
    if not joints:
        problems += _home_problems(spec, model)
    return problems


def loosening_hash(loosenings: list[Problem]) -> str:
    """Return the word that acknowledges exactly these bounds, and no others."""
    text = "\n".join(sorted(str(problem) for problem in loosenings))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _bound_problems(spec: RobotSpec, model: mujoco.MjModel) -> list[Problem]:
    """A profile may tighten the MJCF's bounds; loosening them needs an acknowledgement."""
    loosenings = [*joint_loosenings(spec, model), *effort_loosenings(spec, model)]
    given = spec.twin.acknowledged_loosening
    path = "twin.acknowledged_loosening"
    if not loosenings:
        stale = [Problem(path, "acknowledges bounds that are not loosened; remove it")]
        return stale if given else []
    expected = loosening_hash(loosenings)
    if given == expected:
        return []
    found = f", found {given!r}" if given else ""
    message = f"if every looser bound above is meant, set it to {expected!r}{found}"
    return [*loosenings, Problem(path, message)]


def _delay_problems(spec: RobotSpec) -> list[Problem]:
    """A profile's delays are checked when it is read; an environment's arguments are not."""
    problems = []
    for name in ("observation_delay_ms", "action_delay_ms", "actuator_delay_ms"):
        delay_ms = getattr(spec.twin, name)
        if not 0.0 <= delay_ms <= MAX_DELAY_MS:
            message = f"expected 0 to {MAX_DELAY_MS:g} ms, got {delay_ms:g}"
            problems.append(Problem(f"twin.{name}", message))
    return problems


def _rate_problems(spec: RobotSpec) -> list[Problem]:
    problems = []
    if not _is_multiple(spec.twin.physics_hz, spec.gate_hz):
        message = (
            f"a gate period must be a whole number of physics steps: physics_hz "
            f"{spec.twin.physics_hz:g} is no multiple of gate_hz {spec.gate_hz:g}"
        )
        problems.append(Problem("twin.physics_hz", message))
    if not _is_multiple(spec.gate_hz, spec.policy_hz):
        message = (
            f"a policy period must be a whole number of gate periods: gate_hz "
            f"{spec.gate_hz:g} is no multiple of policy_hz {spec.policy_hz:g}"
        )
        problems.append(Problem("gate_hz", message))
    return problems


def _is_multiple(fast_hz: float, slow_hz: float) -> bool:
    ratio = fast_hz / slow_hz
    return (
        math.isfinite(ratio)
        and round(ratio) >= 1
        and math.isclose(ratio, round(ratio), rel_tol=1e-9)
    )


def _tool_problems(spec: RobotSpec, model: mujoco.MjModel) -> list[Problem]:
    if spec.tool is None:
        return []
    problems = []
    sites = names_of(model, mujoco.mjtObj.mjOBJ_SITE, model.nsite)
    if spec.tool.site not in sites:
        message = f"the MJCF has no site {spec.tool.site!r}{nearest(spec.tool.site, sites)}"
        problems.append(Problem("tool.site", message))
    frame = spec.tool.base_frame
    bodies = names_of(model, mujoco.mjtObj.mjOBJ_BODY, model.nbody)
    if frame not in bodies:
        message = f"the MJCF has no body {frame!r}{nearest(frame, bodies)}"
        problems.append(Problem("tool.base_frame", message))
    elif int(model.body_weldid[bodies.index(frame)]) != 0:
        message = f"the MJCF's body {frame!r} moves; the base frame must be fixed to the world"
        problems.append(Problem("tool.base_frame", message))
    return problems


def _home_problems(spec: RobotSpec, model: mujoco.MjModel) -> list[Problem]:
    """A robot that starts inside something is thrown out of it."""
    data = mujoco.MjData(model)
    for joint in spec.joints:
        data.joint(joint.name).qpos[0] = joint.home
    mujoco.mj_forward(model, data)
    problems = []
    for contact in data.contact:
        if contact.dist < -MAX_OVERLAP_M:
            names = [_geom_name(model, int(geom)) for geom in contact.geom]
            message = f"at home, {names[0]} and {names[1]} overlap by {-contact.dist * 1e3:.1f} mm"
            problems.append(Problem("joints[].home", message))
    return problems


def _geom_name(model: mujoco.MjModel, geom: int) -> str:
    name = model.geom(geom).name
    return repr(name or f"a geom of {model.body(int(model.geom_bodyid[geom])).name}")
