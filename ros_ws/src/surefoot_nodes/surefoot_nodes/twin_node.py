"""The MuJoCo twin in the robot's place: the same topics, in real time or lock-step: `TwinNode`."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from std_msgs.msg import String

from rl_agent.exceptions import GraphError

from . import qos
from .controller_messages import make_codec
from .controller_parameters import offer_parameters
from .controllers import Points, make_controller
from .conversions import MessageError
from .endpoints import Suspicion, publishers, subscribers, wait_until_clear, without
from .grid import Grid
from .helping_hand import HelpingHand
from .node import GuardedNode, run
from .stamps import StampScale
from .state_publisher import StatePublisher

NAME = "twin_node"
LOOK_OUT_S = 1.0
ROUNDING_S = 1e-9
MODES = ("run", "hold", "damp", "torque_off")
PATIENCE_S = 5.0
"""A twin that was killed is remembered for some seconds by those that heard it."""


class TwinNode(GuardedNode):
    """A robot with its driver and its controller, imitated.

    Publishes `joint_states` (state_hz, reliable, stamps rise strictly with its time), `imu` and
    `odom` just before it, where the robot is not bolted down. Subscribes
    `<controller>/joint_trajectory` or `<controller>/commands`, and treats it as that controller of
    ros2_control would: a trajectory's last point is held, a forward command never times out unless
    the profile says so. Obeys `stop_mode` (transient local): damp and torque_off let go of the
    robot, run and hold take it up again where it is. A node beside this one has the controller's
    name and its parameters. For a robot that can fall there is `stand_up`, see `HelpingHand`.

    Refuses to run where a real driver answers: where anybody else publishes `joint_states` or
    listens to the controller's topic.
    """

    def __init__(self) -> None:
        super().__init__(NAME)
        self._states: StatePublisher | None = None
        self._watch: Any = None
        self._parameters: Any = None
        self._inbox: deque[tuple[float, Points]] = deque(maxlen=1000)
        """(arrival [s], points) of commands that the twin's time has not reached."""
        self._bad_messages = 0
        self._suspicion = Suspicion()
        self._help: HelpingHand | None = None

    def configure(self) -> None:
        """Load the twin, look out for a real robot, make publisher and subscription."""
        from sim.twin import Twin

        self._spec = self.load_spec()
        self._twin = Twin(self._spec)
        self._codec = make_codec(self._spec)
        self._stamps = StampScale()
        io = self.make_io()
        self._refuse_company(
            wait_until_clear(self._company, self.values["discovery_s"], PATIENCE_S)
        )
        base = self._twin.base
        self._states = StatePublisher(io, self._spec, self._stamps, base)
        io.create_subscription(
            self._codec.message_type, self._codec.topic, self._on_command, qos.CONTROLLER
        )
        io.create_subscription(String, "stop_mode", self._on_stop_mode, qos.LATCHED)
        self._help = None if base is None else HelpingHand(io, self._twin, self.clock)
        self._watch = self.every(LOOK_OUT_S, self._look_out)
        self._parameters = offer_parameters(self._spec, self)
        if self.executor is not None:
            self.executor.add_node(self._parameters)

    def activate(self) -> None:
        """Put the robot at home and let time run."""
        assert self._states is not None
        start = self._twin.reset()
        self._inbox.clear()
        index = list(self._spec.command_index)
        self._controller = make_controller(self._spec, start.position[index])
        self._start_s = self.clock.now()
        period_s = self.pace.state_period_s(self._spec)
        states_s, self._delay_s = self.pace.delays_s(self._spec)
        self._states.start(round(states_s / period_s))
        self._grid = Grid(period_s, self._start_s)
        # The scale's zero is now; from here on stamps are the twin's own time.
        now = self.get_clock().now().to_msg()
        self._zero_s = self._stamps.to_seconds(now)
        self.start_loop(lambda: self._grid.deadline_s, self._step)

    def cleanup(self) -> None:
        """Forget the twin."""
        if self._watch is not None:
            self.destroy_timer(self._watch)
        if self._parameters is not None:
            if self.executor is not None:
                self.executor.remove_node(self._parameters)
            self._parameters.destroy_node()
        self._watch = self._parameters = self._states = None

    def _step(self, now_s: float) -> None:
        """Advance to the deadline that is due, and publish."""
        assert self._states is not None
        time_s = self._grid.deadline_s - self._start_s - self._grid.dropped_s
        last_step = int(time_s / self._twin.dt + 1e-6)
        while self._twin.step_count < last_step:
            # Commands are known by now with their times of arrival: the controller acts at every
            # physics step, as if it had run meanwhile.
            step_s = self._start_s + self._grid.dropped_s + self._twin.time_s
            while self._inbox and self._inbox[0][0] <= step_s + ROUNDING_S:
                arrival_s, points = self._inbox.popleft()
                self._controller.receive(points, arrival_s)
            self._twin.apply(self._controller.sample(step_s))
            self._twin.step(1)
        if self._help is not None:
            self._help.help_if_due(now_s)
        measured = self._twin.measure()
        stamp_s = self._zero_s + self._grid.dropped_s + measured.stamp_s
        self._states.publish(replace(measured, stamp_s=stamp_s), self._twin.data)
        self._grid.advance(now_s)

    def _on_stop_mode(self, message: String) -> None:
        if message.data not in MODES:
            self.get_logger().warning(f"stop_mode {message.data[:32]!r} is none of {MODES}")
            return
        was_held = self._twin.is_held
        self._twin.set_mode(message.data)
        if self.is_active and self._twin.is_held and not was_held:
            self._inbox.clear()
            position = self._twin.measure().position[list(self._spec.command_index)]
            self._controller = make_controller(self._spec, position)

    def _on_command(self, message: Any) -> None:
        try:
            points = self._codec.read(message)
        except MessageError as error:
            self._bad_messages += 1
            self.get_logger().warning(
                f"{self._codec.topic} {error} ({self._bad_messages} refused)",
                throttle_duration_sec=2.0,
            )
            return
        if self.is_active:
            self._inbox.append((self.clock.now() + self._delay_s, points))

    def _company(self) -> list[str]:
        """Return who else drives or states, ourselves left out."""
        assert self.io is not None
        own = [self.io.get_name()] if self._states is not None else []
        drivers = without(publishers(self.io, "joint_states"), own)
        listeners = subscribers(self.io, self._codec.topic)
        # Twice: one that was killed and started again is heard of under both lives for a while.
        controllers = without(listeners, [*own, *2 * self.values["observers"]])
        return [f"{name} publishes joint_states" for name in drivers] + [
            f"{name} listens to {self._codec.topic}" for name in controllers
        ]

    def _look_out(self) -> None:
        company = self._company()
        if not self._suspicion.is_sure(company) or self.refusal is not None:
            return
        self.stop_loop()
        try:
            self._refuse_company(company)
        except GraphError as error:
            self.get_logger().fatal(str(error))
            self.refusal = error

    def _refuse_company(self, company: Sequence[str]) -> None:
        if company:
            raise GraphError(
                f"{'; '.join(company)}: that may be a real robot, so no twin runs here. Stop it, "
                "or use another ROS_DOMAIN_ID."
            )


def main() -> int:
    """Run the process."""
    return run(TwinNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
