"""The share of its speeds that a running gate allows, as its parameter `speed_scale`."""

from __future__ import annotations

from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, SetParameters

from rl_agent.exceptions import GraphError

from .lifecycle_client import LifecycleClient

ANSWER_S = 3.0
NAME = "speed_scale"


def exchange_speed(client: LifecycleClient, share: float) -> tuple[float, str]:
    """Set the share (0.01 to 1); return the one before, and why the gate refuses, if it does.

    Raises:
        GraphError: The gate does not answer.
    """
    value = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=share)
    change = SetParameters.Request(parameters=[Parameter(name=NAME, value=value)])
    question = GetParameters.Request(names=[NAME])
    before = client.call(GetParameters, "safety_node/get_parameters", question, ANSWER_S)
    answer = client.call(SetParameters, "safety_node/set_parameters", change, ANSWER_S)
    if before is None or not before.values or answer is None:
        raise GraphError("the gate does not answer any more; is it safety_node?")
    result = answer.results[0]
    return float(before.values[0].double_value), "" if result.successful else str(result.reason)
