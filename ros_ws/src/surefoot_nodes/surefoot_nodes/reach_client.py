"""Gives targets over ROS 2 and judges from joint_states alone whether they were reached.

A process of its own, `python -m surefoot_nodes.reach_client --robot so101 --count 30`: it prints
one JSON line per target. Publishes `goal` (PoseStamped, transient local), subscribes to
`joint_states` and `safety_state`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from rl_agent.exceptions import GraphError, SurefootError
from rl_agent.kinematics import Kinematics
from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec
from rl_agent.tasks.reach_targets import ReachTargets
from rl_agent.tasks.reach_trial import ReachResult, ReachTrial
from rl_agent.types import Array, SafetyState
from sim.kinematics import MujocoKinematics

from . import qos
from .conversions import MeasurementCodec, MessageError, write_goal
from .gate_reports import GateReport, read_state
from .stamps import StampScale

NAME = "reach_client"
DISCOVERY_S = 10.0
SILENCE_S = 2.0
"""Without readings for this long the robot counts as gone."""
PATIENCE_S = 0.1
"""How long one wait for messages lasts."""


@dataclass(frozen=True)
class Reading:
    """The newest joint_states."""

    stamp_s: float
    tool: Array
    """(3,) in the base frame [m]."""


class ReachClient:
    """Owns a node's `goal` publisher and its subscriptions, and spins that node."""

    def __init__(self, node: Node, spec: RobotSpec, kinematics: Kinematics) -> None:
        if spec.tool is None:
            raise GraphError(f"{spec.name} has no tool that could reach anything")
        self._frame = spec.tool.base_frame
        self._kinematics = kinematics
        self._codec = MeasurementCodec(spec, StampScale())
        self._node = node
        self._reading: Reading | None = None
        self._gate: GateReport | None = None
        self._goals = node.create_publisher(PoseStamped, "goal", qos.LATCHED)
        node.create_subscription(JointState, "joint_states", self._on_joint_states, qos.STATES_IN)
        node.create_subscription(String, "safety_state", self._on_safety_state, qos.LATCHED)
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)

    def wait_until_connected(self, timeout_s: float = DISCOVERY_S) -> None:
        """Wait for readings, for somebody who listens to goals, and for an armed gate.

        Raises:
            GraphError: Nobody answered in time; says who.
        """
        deadline_s = time.monotonic() + timeout_s
        while missing := self._missing():
            if time.monotonic() > deadline_s:
                raise GraphError(f"waited {timeout_s:g} s for {missing}")
            self._executor.spin_once(timeout_sec=PATIENCE_S)

    def reading(self) -> Reading:
        """Return the next reading.

        Raises:
            GraphError: None came for two seconds, or the gate has stopped the robot.
        """
        last = self._reading
        deadline_s = time.monotonic() + SILENCE_S
        while self._reading is None or self._reading is last:
            if time.monotonic() > deadline_s:
                raise GraphError(f"joint_states fell silent for {SILENCE_S:g} s")
            self._executor.spin_once(timeout_sec=PATIENCE_S)
        if self._gate is not None and self._gate.state is SafetyState.STOPPED:
            raise GraphError(f"the gate stopped the robot: {self._gate.cause}")
        return self._reading

    def give_goal(self, goal: Array) -> None:
        """Publish a target (3,) [m]; the policy turns to it at once."""
        message = write_goal(goal, self._frame)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._goals.publish(message)

    def try_goal(self, goal: Array, window_s: float | None = None) -> ReachResult:
        """Give a target and judge it by the usual rule.

        Args:
            goal: (3,) in the base frame [m].
            window_s: Go on watching until this long after the start, to let the arm settle.
        """
        start = self.reading()
        self.give_goal(goal)
        trial = ReachTrial(start.stamp_s)
        end_s = start.stamp_s + (window_s or 0.0)
        reading = start
        while not trial.has_ended or reading.stamp_s < end_s:
            reading = self.reading()
            trial.update(reading.stamp_s, float(np.linalg.norm(goal - reading.tool)))
        return trial.result()

    def _missing(self) -> str:
        if self._reading is None:
            return "the robot's joint_states"
        if self._goals.get_subscription_count() == 0:
            return "a policy that listens to goals"
        if self._gate is None or not self._gate.is_armed:
            return f"an armed gate ({self._gate.cause if self._gate else 'no safety_state'})"
        return ""

    def _on_joint_states(self, message: JointState) -> None:
        try:
            measurement = self._codec.read(message, time.monotonic())
        except MessageError as error:
            raise GraphError(f"joint_states {error}") from error
        if self._reading is None or measurement.stamp_s > self._reading.stamp_s:
            tool = self._kinematics.tool_position(measurement.position)
            self._reading = Reading(measurement.stamp_s, tool)

    def _on_safety_state(self, message: String) -> None:
        self._gate = read_state(message) or self._gate


def run_trials(
    client: ReachClient, targets: ReachTargets, count: int, window_s: float | None
) -> Iterator[dict[str, Any]]:
    """Try `count` targets; yield each with its result as JSON values."""
    for number in range(count):
        start = client.reading().tool
        goal = targets.next(start)
        result = client.try_goal(goal, window_s)
        yield {
            "number": number,
            "goal_m": goal.tolist(),
            "start_distance_m": float(np.linalg.norm(goal - start)),
            **asdict(result),
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process; 0, or 2 with a sentence on stderr."""
    options = _parse(arguments)
    rclpy.init()
    try:
        spec = load_robot(options.robot)
        if spec.tool is None or spec.tool.workspace is None:
            raise GraphError(f"{spec.name} has no tool with a workspace to reach in")
        node = rclpy.create_node(NAME, namespace=options.namespace)
        client = ReachClient(node, spec, MujocoKinematics(spec))
        client.wait_until_connected()
        targets = ReachTargets(spec.tool.workspace, options.seed)
        for trial in run_trials(client, targets, options.count, options.window):
            print(json.dumps(trial), flush=True)
    except SurefootError as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, ExternalShutdownException):
        return 130
    finally:
        rclpy.try_shutdown()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--robot", required=True, help="profile's name or file")
    parser.add_argument("--namespace", default="", help="the robot's ROS namespace")
    parser.add_argument("--count", type=int, default=100, help="number of targets")
    parser.add_argument("--seed", type=int, default=0, help="of the targets")
    parser.add_argument(
        "--window", type=float, help="seconds given to every target, reached or not"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
