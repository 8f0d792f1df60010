"""Fresh goals at a fixed period, so that something is to be done. See `GoalNode`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.tasks.registry import make_task
from rl_agent.types import Measurement

from . import qos
from .conversions import MeasurementCodec, MessageError, write_goal
from .node import GuardedNode, run
from .stamps import StampScale

NAME = "goal_node"
POLL_S = 0.1


class GoalNode(GuardedNode):
    """Draws goals as the task does; a goal must be reachable from where the robot stands.

    Subscribes `joint_states` (best effort), publishes `goal` (PoseStamped in the base frame,
    transient local) every `goal_period_s`.
    """

    is_realtime = False

    def __init__(self) -> None:
        super().__init__(NAME)
        self._measurement: Measurement | None = None
        self._timer: Any = None
        self._due_s = 0.0

    def configure(self) -> None:
        """Load the task; make the topics."""
        from sim.kinematics import MujocoKinematics

        self._spec = spec = self.load_spec()
        kinematics = MujocoKinematics(spec) if spec.tool is not None else None
        self._task = make_task(self.values["task"], spec, kinematics)
        if self._task.goal_dim != 3 or spec.tool is None:
            message = f"{self.values['task']} has no goals in space"
            raise ProfileError(NAME, [Problem("task", message)])
        self._frame = spec.tool.base_frame
        self._rng = np.random.default_rng(self.values["seed"])
        self._measurements = MeasurementCodec(spec, StampScale())
        io = self.make_io()
        self._publisher = io.create_publisher(PoseStamped, "goal", qos.LATCHED)
        io.create_subscription(JointState, "joint_states", self._on_joint_states, qos.STATES_IN)

    def activate(self) -> None:
        """Publish the first goal as soon as there is a reading."""
        self._due_s = self.clock.now()
        self._timer = self.pace.every(POLL_S, self._on_time)

    def deactivate(self) -> None:
        """Leave the last goal standing."""
        super().deactivate()
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None

    def cleanup(self) -> None:
        """Forget the reading."""
        self.deactivate()
        self._measurement = None

    def _on_time(self) -> None:
        now_s = self.clock.now()
        if now_s < self._due_s:
            return
        # Readings wait in the middleware until one is needed; the newest is taken last.
        self.pace.drain()
        measurement, self._measurement = self._measurement, None
        if measurement is None:
            return
        goal = self._task.sample_goal(self._rng, measurement)
        message = write_goal(goal, self._frame)
        message.header.stamp = self.get_clock().now().to_msg()
        self._publisher.publish(message)
        self._due_s = now_s + self.values["goal_period_s"]

    def _on_joint_states(self, message: JointState) -> None:
        try:
            self._measurement = self._measurements.read(message, self.clock.now())
        except MessageError as error:
            self.get_logger().warning(f"joint_states {error}", throttle_duration_sec=2.0)


def main() -> int:
    """Run the process."""
    return run(GoalNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
