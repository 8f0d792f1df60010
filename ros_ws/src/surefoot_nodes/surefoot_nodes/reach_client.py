"""Gives targets over ROS 2 and judges from joint_states alone whether they were reached.

A process of its own, `python -m surefoot_nodes.reach_client --robot so101 --count 30`: it prints
one JSON line per target. Publishes `goal` (PoseStamped, transient local), subscribes to
`joint_states`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rl_agent.exceptions import GraphError, SurefootError
from rl_agent.interface.kinematics import Kinematics
from rl_agent.spec import RobotSpec
from rl_agent.tasks.reach_targets import ReachTargets
from rl_agent.tasks.reach_trial import ReachResult, ReachTrial
from rl_agent.types import Array

if TYPE_CHECKING:
    from rclpy.node import Node

DISCOVERY_S = 10.0
SILENCE_S = 2.0
"""Without readings for this long the robot counts as gone."""


@dataclass(frozen=True)
class Reading:
    """The newest joint_states."""

    stamp_s: float
    tool: Array
    """(3,) in the base frame [m]."""


class ReachClient:
    """Owns a node's `goal` publisher and `joint_states` subscription, and spins that node."""

    def __init__(self, node: Node, spec: RobotSpec, kinematics: Kinematics) -> None:
        from geometry_msgs.msg import PoseStamped
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
        from sensor_msgs.msg import JointState

        if spec.tool is None:
            raise GraphError(f"{spec.name} has no tool that could reach anything")
        self._frame = spec.tool.base_frame
        self._names = spec.joint_names
        self._kinematics = kinematics
        self._node = node
        self._reading: Reading | None = None
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        newest = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._goals = node.create_publisher(PoseStamped, "goal", latched)
        node.create_subscription(JointState, "joint_states", self._on_joint_state, newest)
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)

    def wait_until_connected(self, timeout_s: float = DISCOVERY_S) -> None:
        """Wait for readings, and for somebody who listens to goals.

        Raises:
            GraphError: Nobody answered in time.
        """
        deadline = time.monotonic() + timeout_s
        while self._reading is None or self._goals.get_subscription_count() == 0:
            if time.monotonic() > deadline:
                raise GraphError(f"no robot and policy answered within {timeout_s:g} s")
            self._executor.spin_once(timeout_sec=0.1)

    def reading(self) -> Reading:
        """Return the next reading.

        Raises:
            GraphError: None came for two seconds.
        """
        last = self._reading
        deadline = time.monotonic() + SILENCE_S
        while self._reading is last:
            if time.monotonic() > deadline:
                raise GraphError(f"joint_states fell silent for {SILENCE_S:g} s")
            self._executor.spin_once(timeout_sec=0.1)
        assert self._reading is not None
        return self._reading

    def give_goal(self, goal: Array) -> None:
        """Publish a target (3,) [m]; the policy turns to it at once."""
        from geometry_msgs.msg import PoseStamped

        message = PoseStamped()
        message.header.frame_id = self._frame
        message.header.stamp = self._node.get_clock().now().to_msg()
        position = message.pose.position
        position.x, position.y, position.z = (float(value) for value in goal)
        message.pose.orientation.w = 1.0
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

    def _on_joint_state(self, message: Any) -> None:
        order = [message.name.index(name) for name in self._names]
        position = np.asarray(message.position)[order]
        stamp_s = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        if self._reading is None or stamp_s > self._reading.stamp_s:
            self._reading = Reading(stamp_s, self._kinematics.tool_position(position))


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
    import rclpy

    from rl_agent.robots.profile import load_robot
    from sim.kinematics import MujocoKinematics

    options = _parse(arguments)
    rclpy.init()
    try:
        spec = load_robot(options.robot)
        if spec.tool is None or spec.tool.workspace is None:
            raise GraphError(f"{spec.name} has no tool with a workspace to reach in")
        node = rclpy.create_node("reach_client", namespace=options.namespace)
        client = ReachClient(node, spec, MujocoKinematics(spec))
        client.wait_until_connected()
        targets = ReachTargets(spec.tool.workspace, options.seed)
        for trial in run_trials(client, targets, options.count, options.window):
            print(json.dumps(trial), flush=True)
    except SurefootError as error:
        print(f"reach_client: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
        return 130
    finally:
        rclpy.try_shutdown()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="reach_client", description=__doc__)
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
