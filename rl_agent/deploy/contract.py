"""What a policy and a robot must agree on before one drives the other; differences by name."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rl_agent.exceptions import ContractError, Problem
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.spec import JointType, RobotSpec
from rl_agent.tasks.task import Task

Contract = dict[str, Any]
ObsLayout = Sequence[tuple[str, int, int]]

TASK_KEYS = ("task", "obs_layout", "obs_dim")
"""The parts of a contract that depend on the task."""

_MEANING = {
    "robot": "robot",
    "action_joints": "joints that the policy moves, in action order",
    "max_speed": "speed at action = 1 [rad/s or m/s], per action joint",
    "offset": "distance from home at action = 1 [rad or m], per action joint",
    "offset_from": "home position that actions are measured from [rad or m]",
    "smoothing_hz": "cut-off of the action filter [Hz]",
    "obs_terms": "observation terms, in order",
    "tool_site": "tool site",
    "policy_hz": "policy rate [Hz]",
}


def build_contract(
    spec: RobotSpec,
    obs_layout: ObsLayout,
    task: Mapping[str, Any] | None = None,
) -> Contract:
    """Return the contract between a policy and this robot, as plain JSON values.

    Args:
        spec: The robot; its limits are not part of the contract.
        obs_layout: (name, start, size) of every observation term.
        task: `Task.describe()`; None where no task is known.
    """
    contract = {
        **spec.contract(),
        "units": [_unit(joint.type) for joint in spec.joints],
        "obs_layout": [list(entry) for entry in obs_layout],
        "obs_dim": sum(size for _, _, size in obs_layout),
        "act_dim": spec.act_dim,
        "task": dict(task) if task is not None else None,
    }
    return dict(_plain(contract))


def expected_contract(spec: RobotSpec, task: Task | None) -> Contract:
    """Return what this robot asks of a bundle; without a task, only the robot's own part."""
    if task is None:
        contract = build_contract(spec, [])
        return {key: value for key, value in contract.items() if key not in TASK_KEYS}
    layout = ObservationBuilder(spec, task, task.kinematics).layout
    return build_contract(spec, layout, task.describe())


def contract_hash(contract: Contract) -> str:
    """Return the sha256 of a contract, independent of the order of its keys."""
    text = json.dumps(contract, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_contract(expected: Contract, found: Contract, source: str) -> None:
    """Refuse a bundle whose contract differs from the robot's.

    Args:
        expected: `expected_contract`; where it names no task, the bundle's is not compared.
        found: What the bundle says.
        source: Names the bundle in the error.

    Raises:
        ContractError: Lists every difference: expected (robot) and found (bundle).
    """
    if "task" not in expected:
        found = {key: value for key, value in found.items() if key not in TASK_KEYS}
    problems = contract_problems(expected, found)
    if problems:
        raise ContractError(source, problems)


def contract_problems(expected: Contract, found: Contract) -> list[Problem]:
    """Return every difference between the robot's contract and the bundle's."""
    problems: list[Problem] = []
    for key in sorted({*expected, *found}):
        if key not in expected or key not in found:
            side = "the policy" if key in expected else "the robot profile"
            problems.append(Problem(f"contract.{key}", f"is missing from {side}"))
        elif expected[key] == found[key]:
            continue
        elif key == "joints":
            problems += _joint_problems(expected[key], found[key])
        elif key == "obs_layout":
            problems += _layout_problems(expected[key], found[key])
        elif key == "task":
            problems += _mapping_problems("contract.task", expected[key], found[key])
        else:
            problems.append(_difference(f"contract.{key}", expected[key], found[key], key))
    return problems


def _difference(path: str, expected: object, found: object, key: str = "") -> Problem:
    what = f"{_MEANING[key]}: " if key in _MEANING else ""
    if _is_reordered(expected, found):
        message = f"{what}same entries in another order: the robot expects {expected}, "
        return Problem(path, message + f"the policy has {found}")
    return Problem(path, f"{what}the robot expects {expected}, the policy has {found}")


def _is_reordered(expected: object, found: object) -> bool:
    if not (isinstance(expected, list) and isinstance(found, list)):
        return False
    return sorted(map(str, expected)) == sorted(map(str, found))


def _joint_problems(expected: Any, found: Any) -> list[Problem]:
    try:
        ours = {name: (kind, actuated) for name, kind, actuated in expected}
        theirs = {name: (kind, actuated) for name, kind, actuated in found}
    except (TypeError, ValueError):
        return [_difference("contract.joints", expected, found)]
    problems = [
        Problem(f"contract.joints.{name}", "the robot has this joint, the policy does not")
        for name in ours
        if name not in theirs
    ]
    problems += [
        Problem(f"contract.joints.{name}", "the policy has this joint, the robot does not")
        for name in theirs
        if name not in ours
    ]
    for name in ours:
        if name in theirs and ours[name] != theirs[name]:
            path = f"contract.joints.{name}"
            problems.append(_difference(path, _joint_text(ours[name]), _joint_text(theirs[name])))
    if not problems:
        path = "contract.joints"
        problems.append(_difference(path, [row[0] for row in expected], [row[0] for row in found]))
    return problems


def _joint_text(joint: tuple[Any, Any]) -> str:
    kind, actuated = joint
    return f"{kind}, {'actuated' if actuated else 'passive'}"


def _layout_problems(expected: Any, found: Any) -> list[Problem]:
    try:
        ours = {name: (start, size) for name, start, size in expected}
        theirs = {name: (start, size) for name, start, size in found}
    except (TypeError, ValueError):
        return [_difference("contract.obs_layout", expected, found)]
    problems = []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if ours.get(name) != theirs.get(name):
            path = f"contract.obs_layout.{name}"
            problems.append(
                _difference(path, _place_text(ours.get(name)), _place_text(theirs.get(name)))
            )
    return problems


def _place_text(place: tuple[int, int] | None) -> str:
    if place is None:
        return "no such term"
    start, size = place
    return f"{size} numbers from place {start}"


def _mapping_problems(path: str, expected: Any, found: Any) -> list[Problem]:
    if not (isinstance(expected, dict) and isinstance(found, dict)):
        return [_difference(path, expected, found)]
    return [
        _difference(f"{path}.{key}", expected.get(key), found.get(key))
        for key in sorted({*expected, *found})
        if expected.get(key) != found.get(key)
    ]


def _unit(kind: JointType) -> str:
    return "m" if kind is JointType.PRISMATIC else "rad"


def _plain(value: Any) -> Any:
    """Return JSON values that compare and hash alike: 20.0 as 20, tuples as lists, no NumPy."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"a contract holds finite numbers only, got {value}")
        return int(value) if value.is_integer() else value
    return value
