"""An operator's words to a running gate, from any terminal: stop, reset, arm."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import SetBool, Trigger

from rl_agent.exceptions import GraphError

from .enclaves import enclave_arguments, explained
from .environment import TWIN_DOMAIN, base_environment, own_domain
from .gate_speed import exchange_speed
from .lifecycle_client import LifecycleClient

NAME = "operator"
"""Of its enclave."""
FIND_S = 3.0
ANSWER_S = 3.0
AFTERWARDS_S = 0.7
"""Once one gate has stopped, another is looked for this long."""
ORDER = (
    "recorder_node",
    "blackbox_node",
    "twin_node",
    "safety_node",
    "policy_node",
    "goal_node",
    "teleop_node",
)


def call_stop(namespace: str = "", domain: int | None = None) -> int:
    """Stop every gate that is found.

    Raises:
        GraphError: None was found.
    """
    places = _places(domain)
    with contextlib.ExitStack() as stack:
        left = {place[0]: stack.enter_context(_connect(*place, namespace)) for place in places}
        deadline_s = time.monotonic() + FIND_S
        # All at once: a robot does not wait until a twin was looked for.
        while left and time.monotonic() < deadline_s:
            for number, client in list(left.items()):
                if client.is_offered(Trigger, "estop"):
                    answer = client.call(Trigger, "estop", Trigger.Request(), ANSWER_S)
                    if answer is not None:
                        print(f"ROS domain {number}: {answer.message}", flush=True)
                        del left[number]
                        deadline_s = min(deadline_s, time.monotonic() + AFTERWARDS_S)
    if len(left) == len(places):
        raise GraphError(_nobody(domain) + "; use the robot's own e-stop")
    return 0


def call_reset(namespace: str = "", domain: int | None = None) -> int:
    """Clear the latch; 0, or 1 where the gate refuses.

    Raises:
        GraphError: No gate was found, or two.
    """
    with _one_gate(namespace, domain) as client:
        answer = client.call(Trigger, "reset", Trigger.Request(), ANSWER_S)
    return _tell(answer)


def call_arm(namespace: str = "", domain: int | None = None) -> int:
    """Activate what is inactive, then arm; 0, or 1 where the gate refuses.

    Raises:
        GraphError: No gate was found, or two.
    """
    with _one_gate(namespace, domain) as client:
        states = client.states(ORDER, ANSWER_S)
        for name in ORDER:
            if states.get(name) == "inactive":
                is_done = client.change([name], "activate", ANSWER_S)[name]
                print(f"{name}: {'active again' if is_done else 'cannot be activated'}")
        answer = client.call(SetBool, "arm", SetBool.Request(data=True), ANSWER_S)
    return _tell(answer)


def call_speed(share: float, namespace: str = "", domain: int | None = None) -> int:
    """Allow this share of the velocity limits; 0, or 1 where the gate refuses.

    Raises:
        GraphError: No gate was found, or two, or it does not answer.
    """
    with _one_gate(namespace, domain) as client:
        before, refusal = exchange_speed(client, share)
    if refusal:
        print(f"refused: {refusal}", flush=True)
        return 1
    print(f"speed: {before:.0%} -> {share:.0%}", flush=True)
    return 0


def _tell(answer: Trigger.Response | SetBool.Response | None) -> int:
    if answer is None:
        raise GraphError("the gate does not answer any more")
    print(answer.message, flush=True)
    return 0 if answer.success else 1


def _places(domain: int | None) -> Sequence[tuple[int, bool]]:
    """Return (domain, whether it is a twin's, on this machine only) where a gate may be."""
    if domain is not None:
        return [(domain, False)]
    own = own_domain(0)
    return [(own, False)] if own == TWIN_DOMAIN else [(own, False), (TWIN_DOMAIN, True)]


@contextlib.contextmanager
def _one_gate(namespace: str, domain: int | None) -> Iterator[LifecycleClient]:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(_connect(*place, namespace)) for place in _places(domain)]
        gates = [c for c in clients if not c.wait_for(["safety_node"], FIND_S / len(clients))]
        if not gates:
            raise GraphError(_nobody(domain))
        if len(gates) > 1:
            raise GraphError("a robot and a twin both answer; say which with --domain")
        yield gates[0]


@contextlib.contextmanager
def _connect(domain: int, is_local: bool, namespace: str) -> Iterator[LifecycleClient]:
    os.environ.update(base_environment())
    if is_local:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    context = rclpy.Context()
    # No more is asked for here than ROS itself does: a stop must get through where it can.
    with explained():
        rclpy.init(
            args=enclave_arguments(NAME),
            context=context,
            domain_id=domain,
            signal_handler_options=SignalHandlerOptions.NO,
        )
    try:
        node = rclpy.create_node(
            "surefoot_operator", context=context, namespace=namespace, enable_rosout=False
        )
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        yield LifecycleClient(node, executor)
    finally:
        rclpy.try_shutdown(context=context)


def _nobody(domain: int | None) -> str:
    places = ", ".join(str(number) for number, _ in _places(domain))
    return f"no gate answers (ROS domain {places})"
