"""joint_states as they come, for preflight: nothing is converted, nothing is refused."""

from __future__ import annotations

from collections import deque

from sensor_msgs.msg import JointState

from rl_agent.commissioning.reading import Reading

from .conversions import MAX_JOINTS
from .stamps import StampScale


class ReadingLog:
    """The newest readings, bounded in number and in size."""

    def __init__(self, capacity: int) -> None:
        self._stamps = StampScale()
        self._log: deque[tuple[JointState, float, float]] = deque(maxlen=capacity)

    def note(self, message: JointState, received_s: float) -> None:
        """Keep a message that arrived at `received_s` on the steady clock [s]."""
        parts = (message.name, message.position, message.velocity, message.effort)
        if max(len(part) for part in parts) > MAX_JOINTS:
            # What is wrong with it stays visible: no joint of ours is in it.
            message = JointState(header=message.header, name=list(message.name[:MAX_JOINTS]))
        stamp_s = self._stamps.to_seconds(message.header.stamp)
        self._log.append((message, stamp_s, received_s))

    def __len__(self) -> int:
        return len(self._log)

    def readings(self, newer_than_s: float = float("-inf")) -> list[Reading]:
        """Return what arrived after that time, oldest first."""
        return [
            Reading(
                names=tuple(message.name),
                position=tuple(message.position),
                velocity=tuple(message.velocity),
                effort=tuple(message.effort),
                stamp_s=stamp_s,
                received_s=received_s,
            )
            for message, stamp_s, received_s in list(self._log)
            if received_s > newer_than_s
        ]
