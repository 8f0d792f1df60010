"""The policy as a process: readings in, proposals out. Never PyTorch. See `PolicyNode`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from rl_agent.tasks.registry import make_task
from rl_agent.types import Array, Measurement

from . import qos
from .actors import Actor, ActorChoices, make_actor
from .age_watch import AgeWatch
from .applied_watch import AppliedWatch
from .body_watch import BodyWatch
from .cadence import Trigger, TriggerTimes
from .conversions import CommandCodec, MeasurementCodec, MessageError, read_goal
from .gate_reports import read_state
from .node import GuardedNode, run
from .pilot import Pilot
from .stamps import StampScale

if TYPE_CHECKING:
    from .keeper import ExperienceKeeper

NAME = "policy_node"
IDLE_S = 0.1
REPORT_S = 1.0
APPLIED_AGE_S = 0.1
"""An applied command that is older says nothing about where the robot is held."""


class PolicyNode(GuardedNode):
    """Shell around `Pilot`.

    Subscribes `joint_states` (best effort), `goal` and `safety_state` (transient local),
    `applied_command`; `imu` and `odom` where the observation tells of the body. Publishes
    `command_raw/policy`, stamped like the reading behind it; with `observe_only` it publishes
    `observed_command` instead, and nothing that anybody obeys.

    It acts on the arrival of a reading that is due; a timer is the fallback (see `Trigger`). With
    `journal` it keeps what each period gave as a transition, and never waits for the disk; how that
    goes it says on `policy_state` (JSON, transient local); see `EpisodeLink`.
    """

    def __init__(self) -> None:
        super().__init__(NAME)
        self._goal: Array | None = None
        self._applied: AppliedWatch | None = None
        self._is_armed = self._is_followed = False
        self._keeper: ExperienceKeeper | None = None
        self._actor: Actor | None = None
        self._timer: Any = None

    def configure(self) -> None:
        """Load task, kinematics and actor; make the topics."""
        from sim.kinematics import kinematics_for

        values = self.values
        self._spec = spec = self.load_spec()
        kinematics = kinematics_for(spec)
        task = make_task(values["task"], spec, kinematics)
        actor, say = values["actor"], self.get_logger().warning
        choices = ActorChoices.of(values, say)
        self._actor = make_actor(actor, spec, task, kinematics=kinematics, choices=choices)
        keeps = bool(values["journal"]) and not values["observe_only"]
        reset, seed = values["reset"], values["seed"]
        self._pilot = Pilot(
            spec, task, kinematics, self._actor, keeps_experience=keeps, reset=reset, seed=seed
        )
        if keeps:
            # Who keeps nothing has no need of all this: a process shall be small.
            from rl_agent.judging.judges import make_judge

            from .keeper import make_keeper

            judge = make_judge(values["judge"], task, spec.policy_hz)
            self._keeper = make_keeper(values, self._pilot, self._actor, say, judge)
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
        if self._keeper is not None:
            from .episode_link import EpisodeLink

            self._episodes = EpisodeLink(io, self._keeper, lambda: self._is_armed)
        self._body = BodyWatch(io, spec, self.clock)
        self._age = AgeWatch(spec)
        if not self._observes:
            applied_sum = self._keeper.applied if self._keeper is not None else None
            self._applied = AppliedWatch(io, self._commands, APPLIED_AGE_S, applied_sum, self.clock)
            io.create_subscription(String, "safety_state", self._on_safety_state, qos.LATCHED)

    def activate(self) -> None:
        """Begin to act, from where the robot stands."""
        self._trigger = Trigger(TriggerTimes.of(self._spec))
        if self._applied is not None:
            self._applied.forget()
        self.start_loop(self._next_deadline, self._on_time)
        if self._keeper is not None:
            self._timer = self.every(REPORT_S, self._episodes.report)

    def awaits(self) -> str:
        """Wait for the learner, at times."""
        return self._keeper.awaits() if self._keeper is not None else ""

    def deactivate(self) -> None:
        """Stop acting."""
        self.stop_loop()
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None

    def cleanup(self) -> None:
        """Drop the policy."""
        self._goal = self._applied = None
        self._is_armed = self._is_followed = False
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
        close: Callable[[], None] | None = getattr(self._actor, "close", None)
        if close is not None:
            close()
        self._actor = None

    def _next_deadline(self) -> float:
        # Without any reading there is nothing to act on: wake up now and then to see a stop.
        return min(self._trigger.deadline_s, self.clock.now() + IDLE_S)

    def _on_joint_states(self, message: JointState) -> None:
        now_s = self.clock.now()
        try:
            reading = self._measurements.read(message, now_s)
        except MessageError as error:
            self._complain("joint_states", error)
            return
        self._act(self._trigger.on_reading(reading, now_s))

    def _on_time(self, now_s: float) -> None:
        self._act(self._trigger.on_timer(now_s))

    def _act(self, reading: Measurement | None) -> None:
        if reading is None:
            return
        now_s = self.clock.now()
        reading = self._body.complete(reading, now_s)
        reading = self._age.complete(reading, now_s, is_at_rest=not self._is_armed)
        if self._keeper is not None:
            self._episodes.tell()
            # While the gate holds the robot, nothing that is tried out comes of it: a pause.
            self._keeper.keep(reading, self._goal if self._is_followed else None)
        if not self._is_armed:
            self._pilot.follow(reading)
        if self._goal is None:
            return
        applied = self._applied.newest if self._applied and self._is_armed else None
        command = self._pilot.propose(reading, self._goal, applied)
        if command is None:
            why = f"nothing proposed: {self._pilot.last_refusal}"
            self.get_logger().warning(why, throttle_duration_sec=2.0)
            return
        self._publisher.publish(self._commands.write(command, reading.stamp_s))

    def _on_goal(self, message: PoseStamped) -> None:
        tool = self._spec.tool
        try:
            self._goal = read_goal(message, tool.base_frame if tool else "base_link").position
        except MessageError as error:
            self._complain("goal", error)

    def _on_safety_state(self, message: String) -> None:
        report = read_state(message)
        self._is_armed = report is not None and report.is_armed
        self._is_followed = report is not None and report.follows

    def _complain(self, topic: str, error: MessageError) -> None:
        self.get_logger().warning(f"{topic} {error}", throttle_duration_sec=2.0)


def main() -> int:
    """Run the process."""
    return run(PolicyNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
