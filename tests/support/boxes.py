"""Made-up recordings of a trip: one joint of so101 moves at 1 rad/s, and is stopped.

The clock's zero is the trip. The numbers in tests follow from what stands here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rosbags.typesys import Stores, get_typestore

from rl_agent.data.black_box import Box, Trip
from rl_agent.data.black_box_file import BoxLabel, write_box
from rl_agent.robots.profile import find_profile, load_robot
from rl_agent.types import Reason

STORE = get_typestore(Stores.ROS2_JAZZY)
SPEC = load_robot("so101")
TRIP_S = 1000.0
SPEED = 1.0
START_RAD = -1.85
BRAKE = 20.0
KINDS = {
    "/joint_states": "sensor_msgs/msg/JointState",
    "/applied_command": "sensor_msgs/msg/JointState",
    "/command_raw/policy": "sensor_msgs/msg/JointState",
    "/command_raw/human": "sensor_msgs/msg/JointState",
    "/safety_state": "std_msgs/msg/String",
    "/diagnostics": "diagnostic_msgs/msg/DiagnosticArray",
}


def type_of(name: str):
    return STORE.types[name]


def joint_state(time_s, velocity=0.0, position=0.0, tags="", names=SPEC.joint_names):
    stamp_ns = round(time_s * 1e9)
    stamp = type_of("builtin_interfaces/msg/Time")(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    header = type_of("std_msgs/msg/Header")(stamp=stamp, frame_id=tags)
    values = np.zeros((2, len(SPEC.joint_names)))
    values[:, 0] = position, velocity
    return type_of("sensor_msgs/msg/JointState")(
        header=header,
        name=list(names),
        position=values[0],
        velocity=values[1],
        effort=np.zeros(0),
    )


def state(name, cause, *reasons):
    content = {"schema_version": 1, "state": name, "armed": False, "cause": cause}
    text = json.dumps({**content, "reasons": list(reasons)})
    return type_of("std_msgs/msg/String")(data=text)


def diagnostics(**values):
    pair = type_of("diagnostic_msgs/msg/KeyValue")
    status = type_of("diagnostic_msgs/msg/DiagnosticStatus")(
        level=0,
        name="safety_node",
        message="",
        hardware_id="",
        values=[pair(key=key, value=str(value)) for key, value in values.items()],
    )
    header = type_of("std_msgs/msg/Header")(
        stamp=type_of("builtin_interfaces/msg/Time")(sec=0, nanosec=0), frame_id=""
    )
    return type_of("diagnostic_msgs/msg/DiagnosticArray")(header=header, status=[status])


@dataclass
class Scene:
    """Messages by topic, times relative to the trip [s]."""

    messages: list[tuple[str, float, object]] = field(default_factory=list)
    trip: Trip = field(default_factory=lambda: Trip("STOPPED", "no cause", (), 0))

    def add(self, topic: str, at_s: float, message: object) -> None:
        self.messages.append((f"/{topic}", TRIP_S + at_s, message))

    def box(self) -> Box:
        messages = [
            (topic, round(time_s * 1e9), bytes(STORE.serialize_cdr(m, KINDS[topic])))
            for topic, time_s, m in self.messages
        ]
        messages.sort(key=lambda message: message[1])
        trip = self.trip._replace(time_ns=round(TRIP_S * 1e9))
        return Box(trip, messages, 0, 0)

    def write(self, folder: Path, second: int = 0) -> Path:
        """Return the box that was written."""
        utc = datetime(2026, 11, 27, 10, 15, second, tzinfo=UTC)
        profile = find_profile("so101").read_text()
        about = {"robot": "so101", "policy_hz": 20.0, "gate_hz": 100.0}
        label = BoxLabel(profile=profile, about=about, kinds=KINDS, utc=utc)
        return write_box(folder, self.box(), label)


def drive(scene: Scene, start_s: float, brake_s: float, end_s: float, *, reasons=()) -> None:
    """Readings at 200 Hz, commands at 100 Hz: 1 rad/s, and from `brake_s` on 0.2 less per tick.

    The first braking command says 0.8, the fifth 0: it stands 0.04 s after the first.
    """
    given = dict(reasons)
    position, velocity = START_RAD, SPEED
    for tick in range(round((end_s - start_s) * 100)):
        at_s = start_s + tick / 100
        is_braking = at_s > brake_s - 1e-9
        if is_braking:
            velocity = max(round(velocity - BRAKE * 0.01, 9), 0.0)
        position += velocity * 0.01
        name = "ARMED" if not is_braking else ("HOLD" if at_s < -1e-9 else "STOPPED")
        mask = int(given.get(tick, Reason.STALE_PROPOSAL if name == "HOLD" else Reason.NONE))
        source = "" if is_braking else "policy"
        tags = f"tick={tick + 1};reasons={mask};source={source};state={name}"
        scene.add("applied_command", at_s, joint_state(TRIP_S + at_s, velocity, position, tags))
        for half in (0.0, 0.005):
            reading = joint_state(TRIP_S + at_s + half, velocity, position)
            scene.add("joint_states", at_s + half, reading)


def propose(scene: Scene, start_s: float, last_s: float) -> None:
    """Proposals of the policy at 20 Hz, the last at `last_s`."""
    for number in range(round((last_s - start_s) * 20) + 1):
        at_s = start_s + number / 20
        scene.add("command_raw/policy", at_s, joint_state(TRIP_S + at_s))


def silent_policy() -> Scene:
    """The policy is killed: its last proposal is 0.5 s before the trip, braking begins at -0.37."""
    cause = "no proposal for 500 ms: its source is dead"
    scene = Scene(trip=Trip("STOPPED", cause, ("STALE_PROPOSAL", "SILENT"), 0))
    limited = {tick: Reason.ACCELERATION for tick in range(10, 30)}
    drive(scene, -4.0, -0.37, 1.0, reasons=limited)
    propose(scene, -4.0, -0.5)
    scene.add("safety_state", -60.0, state("UNARMED", "not armed yet"))
    scene.add("safety_state", -20.0, state("ARMED", "armed"))
    scene.add("safety_state", -0.37, state("HOLD", "no new proposal for 126 ms"))
    scene.add("safety_state", 0.0, state("STOPPED", cause, "STALE_PROPOSAL", "SILENT"))
    counts = {"ticks_acceleration": 3, "share_acceleration": 0.5}
    scene.add("diagnostics", -3.95, diagnostics(tick=400, **counts))
    counts = {"ticks_acceleration": 23, "share_acceleration": 4.5}
    scene.add("diagnostics", -0.95, diagnostics(tick=700, **counts))
    return scene


def estop() -> Scene:
    """An operator stops it in motion; the first braking command is heard 3 ms later."""
    scene = Scene(trip=Trip("STOPPED", "e-stop: asked for by an operator", ("ESTOP",), 0))
    drive(scene, -2.997, -0.0, 1.0)
    propose(scene, -2.99, -0.04)
    scene.add("safety_state", -20.0, state("ARMED", "armed"))
    scene.add("safety_state", 0.0, state("STOPPED", scene.trip.cause, "ESTOP"))
    return scene


def without(scene: Scene, topic: str) -> Scene:
    return replace(scene, messages=[m for m in scene.messages if m[0] != f"/{topic}"])
