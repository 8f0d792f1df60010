"""A controller's parameters over ROS: asked for by preflight, offered by the twin."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import rclpy
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python

from rl_agent.commissioning.controller_checks import PARAMETERS, Value
from rl_agent.spec import ControllerType, RobotSpec

PATIENCE_S = 2.0
"""A controller that was restarted meanwhile never answers an old question."""
MAX_TEXT = 10_000
"""Characters of an answer; no controller has more to say."""


class ControllerParameters:
    """Asks the profile's controller, without ever waiting for it."""

    def __init__(self, node: Node, spec: RobotSpec) -> None:
        """Prepare it; `node` must be spun for answers to arrive."""
        self._node = node
        self._client = node.create_client(GetParameters, f"{spec.controller.name}/get_parameters")
        self._future: Any = None
        self._asked_s = 0.0
        self.values: Mapping[str, Value] | None = None
        """The newest answer; None while there is none."""

    @property
    def is_pending(self) -> bool:
        """Whether the service is there but has never answered yet."""
        return self.values is None and self._is_waiting

    def ask(self) -> None:
        """Ask (again), unless an answer is still awaited or nobody would give one."""
        is_there = self._client.service_is_ready()
        if is_there and self._is_waiting:
            return
        if self._future is not None and not self._future.done():
            self._client.remove_pending_request(self._future)
        self._future = None
        if is_there:
            self._asked_s = time.monotonic()
            self._future = self._client.call_async(GetParameters.Request(names=list(PARAMETERS)))
            self._future.add_done_callback(self._on_answer)
        else:
            # A controller that was restarted may come back with other parameters.
            self.values = None

    def destroy(self) -> None:
        """Stop asking."""
        self._node.destroy_client(self._client)

    @property
    def _is_waiting(self) -> bool:
        is_open = self._future is not None and not self._future.done()
        return is_open and time.monotonic() - self._asked_s < PATIENCE_S

    def _on_answer(self, future: Any) -> None:
        answer = None if future.exception() else future.result()
        if answer is None or len(answer.values) != len(PARAMETERS):
            # Nodes that refuse undeclared parameters answer with fewer.
            self.values = {}
            return
        pairs = zip(PARAMETERS, answer.values, strict=True)
        self.values = {name: _python(value) for name, value in pairs}


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
