"""What else the gate listens to: e-stop, joystick, IMU, battery, temperatures, an operator."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import BatteryState, Imu, Joy, Temperature
from std_msgs.msg import Bool, Empty

from rl_agent.clock import Clock
from rl_agent.safety.gate import Gate
from rl_agent.safety.signals import HealthReading, Heartbeat, ImuReading, Quantity
from rl_agent.spec import RobotSpec

from . import qos

MAX_NAME = 64
"""Letters of a frame's name that are kept."""


class GateInputs:
    """Subscriptions that are served by the thread that ticks, as quickly as proposals.

    Always `estop` (Bool: true stops and stays pressed until false). By the profile's safety section
    or the node's parameter: `joy` (a button that stops, pressed until released), `imu`
    (max_tilt_rad), `battery_state` (voltage and current of BatteryState), `temperature` (one
    Temperature per motor, told apart by frame_id), `presence` (Empty, an operator's heartbeat).
    """

    def __init__(
        self,
        node: Node,
        gate: Gate,
        lock: threading.Lock,
        spec: RobotSpec,
        estop_button: int,
        clock: Clock,
    ) -> None:
        """Subscribe; `estop_button` is an index into joy's buttons, below 0: the profile's.

        `clock` is the gate's.
        """
        self._clock = clock
        self._gate = gate
        self._lock = lock
        safety, health = spec.safety, spec.safety.health
        if estop_button < 0 and safety.estop_button is not None:
            estop_button = safety.estop_button
        self._button = estop_button
        watches_battery = health.max_current_a is not None or health.min_battery_v is not None
        wanted: list[tuple[bool, type, str, Callable[[Any], None], Any]] = [
            (True, Bool, "estop", self._on_estop, qos.COMMANDS),
            (estop_button >= 0, Joy, "joy", self._on_joy, qos.COMMANDS),
            (safety.max_tilt_rad is not None, Imu, "imu", self._on_imu, qos.STATES_IN),
            (watches_battery, BatteryState, "battery_state", self._on_battery, qos.STATES_IN),
            (
                health.max_temperature_c is not None,
                Temperature,
                "temperature",
                self._on_temperature,
                qos.STATES_IN,
            ),
            (safety.presence_ms is not None, Empty, "presence", self._on_presence, qos.STATES_IN),
        ]
        for is_wanted, kind, topic, callback, profile in wanted:
            if is_wanted:
                node.create_subscription(kind, topic, callback, profile)

    def _on_estop(self, message: Bool) -> None:
        with self._lock:
            self._gate.press_estop("the e-stop topic", is_pressed=bool(message.data))

    def _on_joy(self, message: Joy) -> None:
        is_pressed = self._button < len(message.buttons) and message.buttons[self._button] != 0
        with self._lock:
            self._gate.press_estop("the joystick's e-stop button", is_pressed=is_pressed)

    def _on_imu(self, message: Imu) -> None:
        turn = message.orientation
        quat = np.array([turn.w, turn.x, turn.y, turn.z], dtype=np.float64)
        self._tell(ImuReading(quat, self._clock.now()))

    def _on_battery(self, message: BatteryState) -> None:
        name = message.header.frame_id
        self._on_health("battery", name, message.voltage)
        # Negative while discharging.
        self._on_health("current", name, abs(message.current))

    def _on_temperature(self, message: Temperature) -> None:
        self._on_health("temperature", message.header.frame_id, message.temperature)

    def _on_presence(self, message: Empty) -> None:
        del message
        self._tell(Heartbeat(self._clock.now()))

    def _on_health(self, quantity: Quantity, name: str, value: float) -> None:
        self._tell(HealthReading(quantity, name[:MAX_NAME], float(value), self._clock.now()))

    def _tell(self, signal: object) -> None:
        with self._lock:
            self._gate.on_signal(signal)
