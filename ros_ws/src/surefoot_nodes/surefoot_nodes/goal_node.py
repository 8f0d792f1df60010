"""Fresh goals at a fixed period, so that something is to be done. See `GoalNode`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.tasks.goal_clock import GoalClock
from rl_agent.tasks.goal_sequence import GoalSequence
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
    transient local) every `goal_period_s`. While `resetting` (transient local) says that no episode
    is under way, the goal that stands waits, and has its whole period afterwards.
    """

    is_realtime = False

    def __init__(self) -> None:
        super().__init__(NAME)
        self._measurement: Measurement | None = None
        self._timer: Any = None
        self._is_resetting = False
        self._resetting: Any = None

    def configure(self) -> None:
        """Load the task; make the topics."""
        from sim.kinematics import kinematics_for

        self._spec = spec = self.load_spec()
        task = make_task(self.values["task"], spec, kinematics_for(spec))
        if task.goal_dim != 3 or spec.tool is None:
            message = f"{self.values['task']} has no goals in space"
            raise ProfileError(NAME, [Problem("task", message)])
        self._frame = spec.tool.base_frame
        rng = np.random.default_rng(self.values["seed"])
        self._goals = GoalSequence(task, rng, alternates=self.values["alternates"])
        self._measurements = MeasurementCodec(spec, StampScale())
        io = self.make_io()
        self._publisher = io.create_publisher(PoseStamped, "goal", qos.LATCHED)
        io.create_subscription(JointState, "joint_states", self._on_joint_states, qos.STATES_IN)
        # Not on `io`, which is spun only when a goal is due.
        self._resetting = self.create_subscription(
            Bool, "resetting", self._on_resetting, qos.LATCHED
        )

    def activate(self) -> None:
        """Publish the first goal as soon as there is a reading."""
        self._goal_clock = GoalClock(self.values["goal_period_s"])
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
        self._is_resetting = False
        if self._resetting is not None:
            self.destroy_subscription(self._resetting)
            self._resetting = None

    def _on_time(self) -> None:
        now_s = self.clock.now()
        if not self._goal_clock.is_due(now_s, is_resetting=self._is_resetting):
            return
        # Readings wait in the middleware until one is needed; the newest is taken last.
        self.pace.drain()
        measurement, self._measurement = self._measurement, None
        if measurement is None:
            return
        message = write_goal(self._goals.next(measurement), self._frame)
        message.header.stamp = self.get_clock().now().to_msg()
        self._publisher.publish(message)
        self._goal_clock.give(now_s)

    def _on_resetting(self, message: Bool) -> None:
        self._is_resetting = message.data

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
