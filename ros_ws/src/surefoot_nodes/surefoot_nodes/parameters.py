"""Every node's parameters in one table: declared, documented and checked from here.

A parameter file has ROS's own form, `NODE: {ros__parameters: {NAME: VALUE}}`; all its mistakes are
listed at once, with the nearest valid name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.robots.profile import nearest, read_yaml
from rl_agent.robots.yaml_text import YamlTextError, parse_yaml

if TYPE_CHECKING:
    from rclpy.node import Node

MAX_INTEGER = 2**63 - 1
"""ROS's parameters hold no larger one."""

Value = bool | int | float | str | list[str]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter; its type is its default's."""

    name: str
    default: Value
    description: str
    lower: float | None = None
    upper: float | None = None
    choices: tuple[str, ...] = ()
    is_dynamic: bool = False
    """Whether it may be set while the node runs."""

    def check(self, value: Any) -> Value:
        """Return the value in the right type.

        Raises:
            ValueError: Says what was expected and found.
        """
        value = self._typed(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._check_range(value)
        if self.choices and value not in self.choices:
            close = nearest(str(value), self.choices)
            raise ValueError(
                f"expected one of {', '.join(self.choices)}, got {value!r:.200}{close}"
            )
        return value

    def _typed(self, value: Any) -> Value:
        kind = type(self.default)
        if kind is list and isinstance(value, list | tuple):
            if all(isinstance(item, str) for item in value):
                return list(value)
        elif isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise ValueError(f"expected a number of 64 bits, got one of {value.bit_length()}")
        elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        elif type(value) is kind:
            return value
        expected = {list: "a list of strings", float: "a number", str: "a string"}
        name = expected.get(kind, {bool: "true or false", int: "a whole number"}.get(kind, ""))
        raise ValueError(f"expected {name}, got {value!r:.200}")

    def _check_range(self, value: float) -> None:
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        if not (math.isfinite(value) and lower <= value <= upper):
            raise ValueError(f"expected a number from {lower:g} to {upper:g}, got {value:g}")


_ROBOT = (
    Parameter(name="robot", default="so101", description="Robot profile: a name or a YAML file."),
    Parameter(
        name="policy_hz",
        default=0.0,
        lower=0.0,
        upper=200.0,
        description="Proposals per second; 0 takes the profile's.",
    ),
    Parameter(
        name="gate_hz",
        default=0.0,
        lower=0.0,
        upper=1000.0,
        description="Commands per second; 0 takes the profile's.",
    ),
)
_TASK = Parameter(name="task", default="reach", description="reach, swing_up or module:Class.")
_SEED = Parameter(name="seed", default=0, lower=0, upper=2**31 - 1, description="Of the draws.")

TABLES: dict[str, tuple[Parameter, ...]] = {
    "policy_node": (
        *_ROBOT,
        _TASK,
        _SEED,
        Parameter(name="bundle", default="", description="Folder of the exported policy."),
        Parameter(
            name="actor",
            default="onnx",
            choices=("onnx", "live", "dls", "random", "zero"),
            description="Who acts: the bundle, what a learner publishes, damped least squares, "
            "chance, or nobody.",
        ),
        Parameter(
            name="store",
            default="",
            description="Folder in which a learner publishes versions, for the actor live.",
        ),
        Parameter(
            name="explore",
            default=True,
            description="Draw the live actor's actions from its Gaussian; false takes the mean.",
        ),
        Parameter(
            name="random_hold",
            default=1,
            lower=1,
            upper=1000,
            description="Periods for which the live actor holds a random action at first.",
        ),
        Parameter(
            name="observe_only",
            default=False,
            description="Publish on observed_command what would be commanded, and nothing else.",
        ),
        Parameter(
            name="journal",
            default="",
            description="Folder in which every step is kept, to be learned from; empty for none.",
        ),
    ),
    "safety_node": (
        *_ROBOT,
        Parameter(
            name="speed_scale",
            default=1.0,
            lower=0.01,
            upper=1.0,
            is_dynamic=True,
            description="Share of the velocity limits that may be used.",
        ),
        Parameter(
            name="estop_button",
            default=-1,
            lower=-1,
            upper=63,
            description="Index into joy's buttons; below 0 takes the profile's.",
        ),
    ),
    "teleop_node": (
        *_ROBOT,
        Parameter(
            name="deadman_button",
            default=4,
            lower=0,
            upper=63,
            description="Index into joy's buttons: the robot is moved while it is pressed.",
        ),
        Parameter(
            name="speed",
            default=0.4,
            lower=0.01,
            upper=1.0,
            description="Share of the policy's top speeds at a stick's end.",
        ),
    ),
    "twin_node": (
        *_ROBOT,
        Parameter(
            name="discovery_s",
            default=1.5,
            lower=0.0,
            upper=30.0,
            description="How long to look out for a real driver before starting [s].",
        ),
        Parameter(
            name="observers",
            default=["recorder_node_io", "blackbox_node_io", "rosbag2_recorder"],
            description="Nodes that may listen to the controller's topic without being one.",
        ),
    ),
    "fault_node": (
        *_ROBOT,
        Parameter(
            name="discovery_s",
            default=1.0,
            lower=0.0,
            upper=30.0,
            description="How long to look out for a real driver before starting [s].",
        ),
    ),
    "goal_node": (
        *_ROBOT,
        _TASK,
        _SEED,
        Parameter(
            name="goal_period_s",
            default=4.0,
            lower=0.1,
            upper=3600.0,
            description="Time between two goals [s].",
        ),
    ),
    "learner_node": (
        *_ROBOT,
        Parameter(name="run", default="", description="Folder of a live run; see surefoot live."),
        Parameter(
            name="memory_gb",
            default=8.0,
            lower=0.0,
            upper=1000.0,
            description="What the process may use at most [GB]; 0 sets no limit.",
        ),
    ),
    "recorder_node": (
        *_ROBOT,
        Parameter(name="out", default="recording", description="Folder to write; must not exist."),
        Parameter(
            name="topics",
            default=[""],
            description="NAME:package/msg/Type each; empty takes what the profile implies.",
        ),
    ),
    "blackbox_node": (
        *_ROBOT,
        Parameter(name="folder", default="runs/blackbox", description="Where boxes are written."),
        Parameter(
            name="topics",
            default=[""],
            description="NAME:package/msg/Type each; empty takes what the profile implies.",
        ),
        Parameter(
            name="before_s",
            default=10.0,
            lower=1.0,
            upper=120.0,
            description="What a box shows from before the trip [s].",
        ),
        Parameter(
            name="after_s",
            default=1.0,
            lower=0.0,
            upper=10.0,
            description="What a box shows from after the trip [s].",
        ),
        Parameter(
            name="max_boxes",
            default=20,
            lower=1,
            upper=10_000,
            description="The oldest beyond are thrown away.",
        ),
    ),
    "supervisor": (
        Parameter(name="nodes", default=[""], description="In the order of their start."),
        Parameter(name="autostart", default=True, description="Configure and activate them."),
        Parameter(
            name="auto_arm",
            default=False,
            description="Arm the gate once all are active. For twins only.",
        ),
    ),
}


ROS_OWN = ("use_sim_time", "start_type_description_service")
EVERYBODY = "/**"


def check_values(node: str, values: Mapping[str, Any], path: str = "") -> list[Problem]:
    """Return everything that is wrong with a node's parameters."""
    table = {parameter.name: parameter for parameter in TABLES[node]}
    problems = []
    for name, value in values.items():
        if name in ROS_OWN:
            continue
        if name not in table:
            message = f"is not a parameter of {node}{nearest(str(name), table)}"
            problems.append(Problem(f"{path}{name}", message))
            continue
        try:
            table[name].check(value)
        except ValueError as error:
            problems.append(Problem(f"{path}{name}", str(error)))
    return problems


def typed_values(node: str, values: Mapping[str, Any]) -> dict[str, Value]:
    """Return values that `check_values` found right, in their types."""
    table = {parameter.name: parameter for parameter in TABLES[node]}
    return {name: table[name].check(value) for name, value in values.items() if name in table}


def read_parameter_file(path: Path, *, only: str | None = None) -> dict[str, dict[str, Value]]:
    """Return per node the parameters that a file sets.

    Args:
        path: The file.
        only: Look at this node's sections alone; others may belong to anybody.

    Raises:
        ProfileError: Lists every wrong node, key and value.
    """
    problems: list[Problem] = []
    found: dict[str, dict[str, Value]] = {}
    for key, section in read_yaml(path).items():
        node = str(key).rsplit("/", 1)[-1]
        if only is not None and key != EVERYBODY and node != only:
            continue
        values = section.get("ros__parameters") if isinstance(section, dict) else None
        if not isinstance(values, dict):
            problems.append(Problem(str(key), "expected `ros__parameters:` with parameters below"))
        elif key == EVERYBODY:
            problems += _share_out(values, found)
        elif node in TABLES:
            problems += check_values(node, values, f"{key}.")
            found.setdefault(node, {}).update(values)
        else:
            problems.append(Problem(str(key), f"is no node of Surefoot{nearest(node, TABLES)}"))
    if problems:
        raise ProfileError(str(path), problems)
    return {node: typed_values(node, values) for node, values in found.items()}


def _share_out(values: Mapping[str, Any], found: dict[str, dict[str, Value]]) -> list[Problem]:
    """Give every node those of `values` that it knows; return what nobody knows or accepts."""
    problems = []
    for name, value in values.items():
        owners = [node for node, table in TABLES.items() if name in (p.name for p in table)]
        if not owners and name not in ROS_OWN:
            known = {parameter.name for table in TABLES.values() for parameter in table}
            message = f"is no node's parameter{nearest(str(name), known)}"
            problems.append(Problem(f"{EVERYBODY}.{name}", message))
        if owners:
            problems += check_values(owners[0], {name: value}, f"{EVERYBODY}.")
        for node in owners:
            found.setdefault(node, {})[name] = value
    return problems


def declare(node: Node, name: str) -> dict[str, Any]:
    """Declare a node's parameters, read-only from now on unless dynamic; return their values.

    Raises:
        ProfileError: Lists every wrong value.
    """
    from rcl_interfaces.msg import ParameterDescriptor

    found = {}
    for parameter in TABLES[name]:
        # Dynamic typing lets 50 stand for 50.0; `check` then says in words what it would not take.
        descriptor = ParameterDescriptor(
            description=_describe(parameter),
            read_only=not parameter.is_dynamic,
            dynamic_typing=True,
        )
        found[parameter.name] = node.declare_parameter(
            parameter.name, parameter.default, descriptor
        ).value
    problems = check_values(name, found)
    if problems:
        raise ProfileError(name, problems)
    return typed_values(name, found)


def check_change(node: str, name: str, value: Any) -> Value | str:
    """Return the checked value of a parameter that is to be set while the node runs.

    Raises:
        ValueError: It is none of these, or the value is out of range.
    """
    parameter = next((p for p in TABLES[node] if p.name == name and p.is_dynamic), None)
    if parameter is None:
        raise ValueError("cannot be set while the node runs")
    return parameter.check(value)


def check_arguments(arguments: Sequence[str], node: str) -> None:
    """Check what `--ros-args` sets, of which rclpy ignores what it does not know.

    Raises:
        ProfileError: Lists every wrong key.
    """
    values: dict[str, Any] = {}
    for option, value in pairwise(arguments):
        if option == "--params-file":
            read_parameter_file(Path(value), only=node)
        elif option in ("-p", "--param"):
            name, _, text = value.partition(":=")
            values[name.rsplit(":", 1)[-1]] = _parse(text)
    problems = check_values(node, values)
    if problems:
        raise ProfileError(node, problems)


def to_argument(value: Value) -> str:
    """Return a value as `-p NAME:=VALUE` takes it: JSON, which is YAML."""
    return json.dumps(value)


def _parse(text: str) -> Any:
    try:
        return parse_yaml(text)
    except YamlTextError:
        return text


def _describe(parameter: Parameter) -> str:
    if parameter.lower is None and parameter.upper is None:
        return parameter.description
    return f"{parameter.description} From {parameter.lower:g} to {parameter.upper:g}."
