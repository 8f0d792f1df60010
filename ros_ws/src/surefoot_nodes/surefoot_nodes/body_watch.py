"""How the robot's body is turned and moves, for who acts: the newest of `imu` and `odom`."""

from __future__ import annotations

from dataclasses import replace

from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import Imu as ImuMessage

from rl_agent.clock import Clock, SteadyClock
from rl_agent.interface.observation import BODY_TERMS
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Imu, Measurement

from . import qos
from .body_messages import read_imu, read_velocity

NEVER = float("-inf")


class BodyWatch:
    """Subscribes `imu` and `odom` where a profile's observation has terms of the body.

    What is older than a measurement may be counts as unknown: then the policy is not asked.
    """

    def __init__(self, node: Node, spec: RobotSpec, clock: Clock | None = None) -> None:
        self._clock = clock or SteadyClock()
        self._max_age_s = spec.observation_timeout_s
        self._imu: Imu | None = None
        self._velocity: Array | None = None
        self._imu_s = self._velocity_s = NEVER
        if not set(BODY_TERMS) & set(spec.obs_terms):
            return
        node.create_subscription(ImuMessage, "imu", self.on_imu, qos.STATES_IN)
        node.create_subscription(Odometry, "odom", self.on_odometry, qos.STATES_IN)

    def complete(self, reading: Measurement, now_s: float) -> Measurement:
        """Return the reading with what is known of the body at `now_s`, steady clock [s]."""
        return replace(
            reading,
            imu=self._imu if now_s - self._imu_s <= self._max_age_s else None,
            base_velocity=self._velocity if now_s - self._velocity_s <= self._max_age_s else None,
        )

    def on_imu(self, message: ImuMessage) -> None:
        """Take an orientation and a turn in."""
        self._imu, self._imu_s = read_imu(message), self._clock.now()

    def on_odometry(self, message: Odometry) -> None:
        """Take a velocity in."""
        self._velocity, self._velocity_s = read_velocity(message), self._clock.now()
