"""A controller's parameters over ROS: asked for by preflight, offered by the twin."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import rclpy
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python

from rl_agent.commissioning.controller_checks import PARAMETERS, Value
from rl_agent.spec import ControllerType, RobotSpec

PATIENCE_S = 2.0
"""A controller that was restarted meanwhile never answers an old question."""
MAX_TEXT = 10_000
"""Characters of an answer; no controller has more to say."""


class ControllerParameters:
    """Asks the profile's controller, without ever waiting for it.

    First which parameters it has: asked for one that it has not, a node answers nothing at all.
    """

    def __init__(self, node: Node, spec: RobotSpec) -> None:
        """Prepare it; `node` must be spun for answers to arrive."""
        self._node = node
        name = spec.controller.name
        self._list = node.create_client(ListParameters, f"{name}/list_parameters")
        self._get = node.create_client(GetParameters, f"{name}/get_parameters")
        self._asked_s = -PATIENCE_S
        self._is_open = False
        self._round = 0
        """Answers to an earlier question than the newest are not listened to."""
        self.values: Mapping[str, Value] | None = None
        """The newest answer; None while there is none."""

    @property
    def is_pending(self) -> bool:
        """Whether the controller was asked and has never answered yet."""
        return self.values is None and self._is_waiting

    def ask(self) -> None:
        """Ask (again), unless an answer is still awaited or nobody would give one."""
        if not (self._list.service_is_ready() and self._get.service_is_ready()):
            # A controller that was restarted may come back with other parameters.
            self.values, self._is_open = None, False
            return
        if self._is_waiting:
            return
        self._round += 1
        self._asked_s, self._is_open = time.monotonic(), True
        future = self._list.call_async(ListParameters.Request(depth=1))
        future.add_done_callback(partial(self._on_list, self._round))

    def destroy(self) -> None:
        """Stop asking."""
        self._round += 1
        for client in (self._list, self._get):
            self._node.destroy_client(client)

    @property
    def _is_waiting(self) -> bool:
        return self._is_open and time.monotonic() - self._asked_s < PATIENCE_S

    def _on_list(self, number: int, future: Any) -> None:
        if number != self._round or future.exception() is not None:
            return
        known = set(future.result().result.names)
        names = [name for name in PARAMETERS if name in known]
        if not names:
            self.values, self._is_open = {}, False
            return
        asked = self._get.call_async(GetParameters.Request(names=names))
        asked.add_done_callback(partial(self._on_values, number, names))

    def _on_values(self, number: int, names: Sequence[str], future: Any) -> None:
        if number != self._round or future.exception() is not None:
            return
        values = future.result().values
        pairs = zip(names, values, strict=True) if len(names) == len(values) else ()
        self.values, self._is_open = {name: _python(value) for name, value in pairs}, False


def offer_parameters(spec: RobotSpec, near: Node) -> Node:
    """Return a node that is named like the controller and has its parameters, for the twin.

    Args:
        spec: The profile.
        near: Lends its context and namespace.
    """
    name = spec.controller.name
    node = rclpy.create_node(
        name,
        context=near.context,
        cli_args=["--ros-args", "-r", f"__node:={name}"],
        namespace=near.get_namespace(),
        enable_rosout=False,
    )
    for key, value in parameters_of(spec).items():
        node.declare_parameter(key, value)
    return node


def parameters_of(spec: RobotSpec) -> dict[str, Any]:
    """Return the parameters that a real controller would need to fit the profile."""
    timeout_s = (spec.controller.timeout_ms or 0.0) / 1e3
    values: dict[str, Any] = {"joints": list(spec.command_names), "cmd_timeout": timeout_s}
    if spec.controller.type is ControllerType.JOINT_TRAJECTORY:
        values |= {
            "command_interfaces": ["position"],
            "state_interfaces": ["position", "velocity"],
            "interpolate_from_desired_state": True,
        }
    else:
        is_velocity = spec.controller.type is ControllerType.FORWARD_VELOCITY
        values["interface_name"] = "velocity" if is_velocity else "position"
    return values


def _python(value: Any) -> Value:
    found = parameter_value_to_python(value)
    return None if len(str(found)) > MAX_TEXT else found
