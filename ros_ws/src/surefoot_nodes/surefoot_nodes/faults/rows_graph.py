"""The graph as users start it: nodes that die, Ctrl-C in every state, wrong parameters, company."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from rl_agent.child import Child
from rl_agent.robots.profile import load_robot
from rl_agent.types import SafetyState

from ..environment import LOOPBACK_PROFILE, graph_environment
from ..gate_operator import GateOperator
from ..graph_process import CLI, GraphOptions, GraphProcess
from .context import FaultContext
from .outcome import Expectations, Outcome, failure

BACK_S = 5.0
GONE_S = 2.0
INTERRUPTED = 130
REFUSED = 2
TARGET = (0.10, 0.28, 0.12)


def _graph(context: FaultContext, name: str) -> GraphProcess:
    log = context.scratch(name) / "up.log"
    options = GraphOptions(robot="so101", domain=context.domain, actor="dls", log=log)
    return GraphProcess(options)


def row_robot(context: FaultContext) -> Outcome:
    """Row 4."""
    context.close_rig()
    expectations = Expectations()
    worst_s, count = 0.0, context.repeats(3, 1)
    spec = load_robot("so101")
    with _graph(context, "robot") as graph:
        graph.wait_until_running()
        with GateOperator(spec, context.domain, graph.environment) as operator:
            operator.give_goal(np.array(TARGET))
            operator.wait_for_state(SafetyState.ARMED, 5.0)
            for _ in range(count):
                pid = _node_of(graph.child.pid, "twin_node")
                event_s = time.monotonic()
                os.kill(pid, signal.SIGKILL)
                back_s = _until_inactive(operator, "twin_node", pid, graph, event_s)
                worst_s = max(worst_s, back_s)
                operator.wait(0.2)
                state = operator.state
                expectations.expect(state is SafetyState.STOPPED, f"the gate is {state}")
                operator.activate("twin_node")
                operator.wait(0.5)
                operator.reset()
                operator.arm_again(20.0)
    expectations.expect(worst_s <= BACK_S, f"later than {BACK_S:g} s")
    return expectations.outcome(
        f"back, inactive, after ≤ {worst_s:.1f} s, {count} times; the gate stopped, and armed again"
        " only when told to",
        "a learner beside it: not built yet",
    )


def _until_inactive(
    operator: GateOperator, name: str, old: int, graph: GraphProcess, event_s: float
) -> float:
    while time.monotonic() - event_s < 4.0 * BACK_S:
        is_new = _node_of(graph.child.pid, name) not in (0, old)
        if is_new and operator.lifecycle.states([name], 0.5).get(name) == "inactive":
            return time.monotonic() - event_s
        operator.wait(0.02)
    return float("inf")


def _node_of(parent: int, name: str) -> int:
    """Return the pid of a node that a supervisor started; 0 without one."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if f"surefoot_nodes.{name}".encode() in words and int(fields[1]) == parent:
            return int(folder.name)
    return 0


def row_interrupt(context: FaultContext) -> Outcome:
    """Row 39."""
    context.close_rig()
    expectations = Expectations()
    told = []
    cases = [
        ("starting", signal.SIGINT),
        ("armed, in motion", signal.SIGINT),
        ("armed, in motion", signal.SIGTERM),
        ("stopped", signal.SIGINT),
    ]
    for state, number in cases[: context.repeats(len(cases), 2)]:
        name = signal.Signals(number).name
        context.say(f"{name} while {state}")
        status, seconds = _interrupt(context, state, number)
        words = f"{state}, {name}"
        expectations.expect(status == INTERRUPTED, f"{words}: exit status {status}")
        expectations.expect(seconds <= GONE_S, f"{words}: gone after {seconds:.1f} s")
        told.append(f"{words} {seconds:.2f}")
    status, seconds = _interrupt(context, "armed, in motion", signal.SIGINT, times=2)
    expectations.expect(seconds <= GONE_S, f"second Ctrl-C: gone after {seconds:.1f} s")
    told.append(f"Ctrl-C twice {seconds:.2f}")
    return expectations.outcome(f"gone after [s]: {', '.join(told)}")


def _interrupt(
    context: FaultContext, state: str, number: int, *, times: int = 1
) -> tuple[int | None, float]:
    spec = load_robot("so101")
    with _graph(context, "interrupt") as graph:
        if state == "starting":
            time.sleep(1.5)
        else:
            graph.wait_until_running()
            with GateOperator(spec, context.domain, graph.environment) as operator:
                operator.wait_for_state(SafetyState.ARMED, 5.0)
                operator.give_goal(np.array(TARGET))
                operator.wait(0.5)
                if state == "stopped":
                    operator.estop()
                    operator.wait(0.5)
        start_s = time.monotonic()
        for again in range(times):
            os.kill(graph.child.pid, number)
            time.sleep(0.05 if again + 1 < times else 0.0)
        status = graph.child.wait(3.0 * GONE_S)
        return status, time.monotonic() - start_s


def row_company(context: FaultContext) -> Outcome:
    """Row 42: a driver answers in the twin's domain."""
    import rclpy
    from sensor_msgs.msg import JointState

    context.close_rig()
    environment = graph_environment("twin", context.domain)
    os.environ.update(environment)
    ros = rclpy.Context()
    rclpy.init(context=ros, domain_id=context.domain)
    node = rclpy.create_node("arm_driver", context=ros)
    node.create_publisher(JointState, "joint_states", 1)
    log = context.scratch("company") / "up.log"
    command = [*CLI, "up", "twin", "--domain", str(context.domain), "--goal-period", "0"]
    child = Child(command, log=log, env=environment)
    status = child.wait(40.0)
    child.kill()
    node.destroy_node()
    rclpy.try_shutdown(context=ros)
    said = child.last_words(20)
    if status != REFUSED or "/arm_driver publishes joint_states" not in said:
        return failure(f"exit status {status}", said[-200:])
    reach = environment["ROS_AUTOMATIC_DISCOVERY_RANGE"]
    if reach != "LOCALHOST" and str(LOOPBACK_PROFILE) not in environment.values():
        return failure(f"discovery reaches {reach}", "a twin's graph must stay on this machine")
    return Expectations().outcome("refused, driver named; on this machine, domain of its own")


def row_sros(context: FaultContext) -> Outcome:
    """Row 36."""
    environment = graph_environment("faults", context.domain)
    folder = context.scratch("sros")
    environment |= {
        "ROS_SECURITY_ENABLE": "true",
        "ROS_SECURITY_STRATEGY": "Enforce",
        "ROS_SECURITY_KEYSTORE": str(folder / "nothing"),
    }
    command = [sys.executable, "-m", "surefoot_nodes.safety_node"]
    child = Child(command, log=folder / "safety_node.log", env=environment)
    status = child.wait(20.0)
    child.kill()
    if status in (0, None):
        return failure(f"exit status {status}", "it ran without the security that was enforced")
    return Expectations().outcome(
        f"refused, exit status {status}",
        "encryption itself cannot be tried: the wheel's Fast DDS lacks its security libraries",
    )
