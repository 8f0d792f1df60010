"""The policy as a process: readings in, proposals out. Never PyTorch. See `PolicyNode`."""

from __future__ import annotations

import sys
import time

import numpy as np
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from rl_agent.tasks.registry import make_task
from rl_agent.types import Array, Command, Measurement

from . import qos
from .actors import make_actor
from .control_thread import ControlThread
from .conversions import CommandCodec, MeasurementCodec, MessageError, read_goal
from .gate_reports import read_state
from .node import GuardedNode, run
from .pacing import Cadence
from .pilot import Pilot
from .stamps import StampScale

NAME = "policy_node"
LATE_STATES = 1.5
"""The timer steps in when a reading is this many state periods overdue."""
APPLIED_AGE_S = 0.1
"""An applied command that is older says nothing about where the robot is held."""


class PolicyNode(GuardedNode):
    """Shell around `Pilot`.

    Subscribes `joint_states` (best effort), `goal` and `safety_state` (transient local),
    `applied_command`. Publishes `command_raw/policy`, stamped like the reading behind it; with
    `observe_only` it publishes `observed_command` instead, and nothing that anybody obeys.

    It acts on the arrival of the first reading that is due. The timer is the fallback: where a due
    reading is late, it acts on the newest one that was not used yet, if that is fresh; it never
    acts twice on one reading, which the gate would refuse.
    """

    def __init__(self) -> None:
        super().__init__(NAME)
        self._loop: ControlThread | None = None
        self._measurement: Measurement | None = None
        self._used_stamp_s = -np.inf
        self._deadline_s = np.inf
        self._goal: Array | None = None
        self._applied: Command | None = None
        self._applied_at_s = -np.inf
        self._is_armed = False

    def configure(self) -> None:
        """Load task, kinematics and actor; make the topics."""
        from sim.kinematics import MujocoKinematics

        values = self.values
        self._spec = spec = self.load_spec()
        kinematics = MujocoKinematics(spec) if spec.tool is not None else None
        task = make_task(values["task"], spec, kinematics)
        actor = make_actor(
            values["actor"],
            spec,
            task,
            bundle=values["bundle"],
            kinematics=kinematics,
            seed=values["seed"],
        )
        self._pilot = Pilot(spec, task, kinematics, actor)
        self._goal = None if task.goal_dim else np.zeros(0)
        stamps = StampScale()
        self._measurements = MeasurementCodec(spec, stamps)
        self._commands = CommandCodec(spec, stamps)
        self._observes = values["observe_only"]
        topic = "observed_command" if self._observes else "command_raw/policy"
        io = self.make_io()
        self._publisher = io.create_publisher(JointState, topic, qos.COMMANDS)
        io.create_subscription(JointState, "joint_states", self._on_joint_states, qos.STATES_IN)
        io.create_subscription(PoseStamped, "goal", self._on_goal, qos.LATCHED)
        if not self._observes:
            io.create_subscription(JointState, "applied_command", self._on_applied, qos.COMMANDS)
            io.create_subscription(String, "safety_state", self._on_safety_state, qos.LATCHED)

    def activate(self) -> None:
        """Begin to act, from where the robot stands."""
        spec = self._spec
        self._cadence = Cadence(spec.policy_period_s, 1.0 / spec.state_hz)
        self._deadline_s = np.inf
        self._applied = None
        assert self.io_executor is not None
        self._loop = ControlThread(
            self.io_executor, self._next_deadline, self._on_overdue, self.get_logger()
        )
        self._loop.start()

    def deactivate(self) -> None:
        """Propose nothing any more; the gate then brakes."""
        if self._loop is not None:
            self._loop.stop()
            self._loop = None

    def cleanup(self) -> None:
        """Drop the policy."""
        self.deactivate()
        self._measurement = None
        self._goal = None
        self._is_armed = False

    def _next_deadline(self) -> float:
        # Without any reading there is nothing to act on: wake up now and then to see a stop.
        return min(self._deadline_s, time.monotonic() + 0.1)

    def _on_joint_states(self, message: JointState) -> None:
        now_s = time.monotonic()
        try:
            self._measurement = measurement = self._measurements.read(message, now_s)
        except MessageError as error:
            self._complain("joint_states", error)
            return
        if self._cadence.is_due(measurement.stamp_s):
            self._act(measurement, now_s)

    def _on_overdue(self, now_s: float) -> None:
        if now_s < self._deadline_s:
            return
        measurement = self._measurement
        self._deadline_s = now_s + 1.0 / self._spec.state_hz
        if measurement is None or measurement.stamp_s <= self._used_stamp_s:
            return
        if now_s - measurement.received_s <= self._spec.observation_timeout_s:
            self._cadence.skip_to(measurement.stamp_s)
            self._act(measurement, now_s)

    def _act(self, measurement: Measurement, now_s: float) -> None:
        period_s = self._spec.policy_period_s
        self._used_stamp_s = measurement.stamp_s
        self._deadline_s = now_s + period_s + LATE_STATES / self._spec.state_hz
        if not self._is_armed:
            self._pilot.follow(measurement)
        if self._goal is None:
            return
        is_fresh = self._is_armed and now_s - self._applied_at_s <= APPLIED_AGE_S
        command = self._pilot.propose(measurement, self._goal, self._applied if is_fresh else None)
        if command is None:
            self.get_logger().warning("nothing proposed: bad reading", throttle_duration_sec=2.0)
            return
        self._publisher.publish(self._commands.write(command, measurement.stamp_s))

    def _on_goal(self, message: PoseStamped) -> None:
        tool = self._spec.tool
        try:
            self._goal = read_goal(message, tool.base_frame if tool else "base_link").position
        except MessageError as error:
            self._complain("goal", error)

    def _on_applied(self, message: JointState) -> None:
        try:
            self._applied, _ = self._commands.read(message)
        except MessageError as error:
            self._complain("applied_command", error)
            return
        self._applied_at_s = time.monotonic()

    def _on_safety_state(self, message: String) -> None:
        report = read_state(message)
        self._is_armed = report is not None and report.is_armed

    def _complain(self, topic: str, error: MessageError) -> None:
        self.get_logger().warning(f"{topic} {error}", throttle_duration_sec=2.0)


def main() -> int:
    """Run the process."""
    return run(PolicyNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
