"""A policy that wants to do harm, in a process of its own: publishes on command_raw/policy.

`python adversary.py --robot so101 --seconds 60`. Answers every n-th joint_states with a well-formed
message whose finite numbers no honest policy would send; with `--nan`, one number that is none;
with `--poison-every`, one at a time at each place in turn.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command

EXCESS = 10.0
"""Times the limits."""
PATTERN_S = 4.0
"""Each pattern's turn."""
HUGE = 1e300
BAD_NUMBERS = (float("nan"), float("inf"), float("-inf"), 1e308, -1e308)
STEP_S = 0.3


class Adversary:
    """Finite commands of every bad kind, as a function of time."""

    def __init__(self, spec: RobotSpec, rng: np.random.Generator) -> None:
        joints = spec.command_joints
        lower = np.array([joint.lower for joint in joints])
        upper = np.array([joint.upper for joint in joints])
        self._middle, self._half = 0.5 * (lower + upper), 0.5 * (upper - lower)
        self._max_velocity = np.array([joint.max_velocity for joint in joints])
        self._rng = rng
        self.patterns: tuple[Callable[[float], Command], ...] = (
            self.uniform,
            self.steps,
            self.chirp,
            self.limits_at_full_speed,
            self.backwards,
            self.huge,
        )

    def command(self, time_s: float) -> Command:
        """Return what to ask for now; the pattern changes every few seconds."""
        return self.patterns[int(time_s / PATTERN_S) % len(self.patterns)](time_s % PATTERN_S)

    def uniform(self, time_s: float) -> Command:
        """Anything within ten times the range and the speed."""
        del time_s
        return self._scaled(self._draw(), self._draw())

    def steps(self, time_s: float) -> Command:
        """From one end stop to the other and back, without any speed."""
        side = np.full_like(self._half, 1.0 if int(time_s / STEP_S) % 2 else -1.0)
        return self._scaled(side / EXCESS, np.zeros_like(side))

    def chirp(self, time_s: float) -> Command:
        """A sine that sweeps from 0.5 to 25 Hz."""
        phase = 2.0 * np.pi * (0.5 * time_s + 0.5 * 24.5 / PATTERN_S * time_s**2)
        wave = np.full_like(self._half, np.sin(phase))
        return self._scaled(wave, np.full_like(wave, np.cos(phase)))

    def limits_at_full_speed(self, time_s: float) -> Command:
        """Exactly at a limit, and still moving towards it as fast as can be."""
        side = np.where(np.arange(len(self._half)) % 2 == int(time_s) % 2, 1.0, -1.0)
        return self._scaled(side / EXCESS, side)

    def backwards(self, time_s: float) -> Command:
        """A position ahead with a speed back: the path between them overshoots."""
        side = np.full_like(self._half, 1.0 if int(time_s / STEP_S) % 2 else -1.0)
        return self._scaled(0.5 * side / EXCESS, -side)

    def huge(self, time_s: float) -> Command:
        """Finite, but large enough to overflow when squared."""
        del time_s
        return Command(HUGE * self._draw(), HUGE * self._draw())

    def _draw(self) -> Array:
        return self._rng.uniform(-1.0, 1.0, len(self._half))

    def _scaled(self, position: Array, velocity: Array) -> Command:
        return Command(
            self._middle + EXCESS * self._half * position, EXCESS * self._max_velocity * velocity
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish until the time is over."""
    import rclpy
    from rclpy.qos import QoSProfile, ReliabilityPolicy
    from sensor_msgs.msg import JointState

    options = _parse(arguments)
    spec = load_robot(options.robot)
    adversary = Adversary(spec, np.random.default_rng(options.seed))
    rclpy.init()
    node = rclpy.create_node("adversary", namespace=options.namespace)
    publisher = node.create_publisher(JointState, "command_raw/policy", QoSProfile(depth=5))
    started, count = time.monotonic(), 0
    places = range(2 * len(spec.command_joints))
    spoilt = itertools.cycle(itertools.product(BAD_NUMBERS, places))

    def answer(state: Any) -> None:
        nonlocal count
        count += 1
        if count % options.every:
            return
        command = adversary.command(time.monotonic() - started)
        message = JointState(name=list(spec.command_names))
        message.header.stamp = state.header.stamp
        message.position = [float(value) for value in command.position]
        message.velocity = [float(value) for value in command.velocity]
        if options.nan:
            message.position[0] = float("nan")
        if options.poison_every and count % options.poison_every < options.every:
            value, place = next(spoilt)
            (message.position, message.velocity)[place % 2][place // 2] = value
        publisher.publish(message)

    newest = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    node.create_subscription(JointState, "joint_states", answer, newest)
    while time.monotonic() - started < options.seconds:
        rclpy.spin_once(node, timeout_sec=0.05)
    rclpy.shutdown()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="adversary", description=__doc__)
    parser.add_argument("--robot", required=True)
    parser.add_argument("--namespace", default="")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--every", type=int, default=4, help="answer every n-th joint_states")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--poison-every", type=int, default=0, help="so many joint_states; 0: never"
    )
    parser.add_argument("--nan", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
