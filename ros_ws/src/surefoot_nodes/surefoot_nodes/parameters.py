"""Nodes' parameters, declared and checked by their tables.

A parameter file has ROS's own form, `NODE: {ros__parameters: {NAME: VALUE}}`; all its mistakes are
listed at once, with the nearest valid name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.robots.profile import nearest, read_yaml
from rl_agent.robots.yaml_text import YamlTextError, parse_yaml

from .parameter import Parameter, Value
from .parameter_tables import TABLES

if TYPE_CHECKING:
    from rclpy.node import Node

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
