"""The last seconds before each trip of the gate. Holds them in memory; `black_box_file` writes.

Times are nanoseconds of the steady clock at which messages were received. Knows no ROS: topics are
names, messages are bytes. Used from one thread.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .message_ring import MessageRing

NS_PER_S = 1_000_000_000
GATE_SILENT = "GATE_SILENT"
"""Not a reason of the gate: what it can no longer say itself."""


@dataclass(frozen=True, kw_only=True)
class BlackBoxConfig:
    """How much is kept."""

    before_s: float = 10.0
    after_s: float = 1.0
    """Waited after a trip, so that the box shows how the robot came to stand [s]."""
    gap_s: float = 2.0
    """At most one box in this time [s]: a gate that trips again and again fills no disk."""
    topic_bytes: int = 8_000_000
    """Most that is kept of each topic: a flood on one neither fills the memory nor pushes the
    others out."""
    gate_silent_s: float = 0.5
    """An armed gate that commands nothing for this long is gone [s]."""
    gate_silent_looks: int = 5
    """And only if so many looks in a row found no new command: after our own process stood still,
    the first look finds an old one although the gate is well."""


class GateState(NamedTuple):
    """What the gate said of itself."""

    state: str
    cause: str
    reasons: tuple[str, ...]
    is_armed: bool
    is_alarm: bool


class Trip(NamedTuple):
    """What happened, and when."""

    state: str
    cause: str
    reasons: tuple[str, ...]
    time_ns: int


class Box(NamedTuple):
    """What is to be written."""

    trip: Trip
    messages: list[tuple[str, int, bytes]]
    """(topic, time [ns], data) in the order of arrival."""
    num_crowded_out: int
    """Messages that the window lacks, because there were too many or too large ones."""
    num_unwritten: int
    """Trips since the last box that got none of their own."""


class BlackBox:
    """Remembers all messages of late, and says when a box is due and what is in it."""

    def __init__(
        self,
        topics: Collection[str],
        *,
        latched: Collection[str] = (),
        commands: str = "",
        config: BlackBoxConfig | None = None,
    ) -> None:
        """Make empty rings.

        Args:
            topics: All that will be added.
            latched: Those of them whose messages hold until the next one.
            commands: The one on which an armed gate never falls silent.
            config: How much is kept.
        """
        self._config = config = config or BlackBoxConfig()
        window_ns = round((config.before_s + config.after_s + 1.0) * NS_PER_S)
        self._rings: Mapping[str, MessageRing] = {
            topic: MessageRing(
                window_ns=window_ns,
                max_bytes=config.topic_bytes,
                is_latched=topic in latched,
            )
            for topic in topics
        }
        self._commands = self._rings.get(commands)
        self._state: GateState | None = None
        self._pending: Trip | None = None
        self._last_ns: int | None = None
        """When the last box's trip was."""
        self._num_unwritten = 0
        self._looks = 0
        self._seen_ns: int | None = None

    def add(self, topic: str, time_ns: int, data: bytes) -> None:
        """Remember a message."""
        self._rings[topic].add(time_ns, data)

    def on_state(self, state: GateState, time_ns: int) -> None:
        """Take note of what the gate says; an alarm that begins is a trip."""
        before, self._state = self._state, state
        self._looks = 0
        # What was stopped when we began to look is no trip of now.
        if before is not None and state.is_alarm and not before.is_alarm:
            self._trip(Trip(state.state, state.cause, state.reasons, time_ns))

    def due(self, now_ns: int) -> Box | None:
        """Return the box whose time has come, if there is one. Call it some ten times a second."""
        self._look_for_commands(now_ns)
        after_ns = round(self._config.after_s * NS_PER_S)
        if self._pending is None or now_ns < self._pending.time_ns + after_ns:
            return None
        return self.take_pending()

    def take_pending(self) -> Box | None:
        """Return the box of a trip that just was, without waiting for what follows it."""
        trip, self._pending = self._pending, None
        if trip is None:
            return None
        start_ns = trip.time_ns - round(self._config.before_s * NS_PER_S)
        messages = [
            (topic, time_ns, data)
            for topic, ring in self._rings.items()
            for time_ns, data in ring.since(start_ns)
        ]
        num_crowded_out = sum(ring.num_crowded_out for ring in self._rings.values())
        num_unwritten, self._num_unwritten = self._num_unwritten, 0
        messages.sort(key=lambda message: message[1])
        return Box(trip, messages, num_crowded_out, num_unwritten)

    def _trip(self, trip: Trip) -> None:
        gap_ns = round(self._config.gap_s * NS_PER_S)
        if self._last_ns is not None and trip.time_ns - self._last_ns < gap_ns:
            self._num_unwritten += 1
            return
        self._pending, self._last_ns = trip, trip.time_ns

    def _look_for_commands(self, now_ns: int) -> None:
        """Notice a gate that died or hangs, which cannot say so."""
        newest_ns = self._commands.newest_ns if self._commands is not None else None
        if newest_ns is None or self._state is None or not self._state.is_armed:
            return
        self._looks = self._looks + 1 if newest_ns == self._seen_ns else 0
        self._seen_ns = newest_ns
        silent_s = (now_ns - newest_ns) / NS_PER_S
        if silent_s < self._config.gate_silent_s or self._looks < self._config.gate_silent_looks:
            return
        cause = f"the gate itself fell silent: armed, but no command for {1e3 * silent_s:.0f} ms"
        self._trip(Trip(self._state.state, cause, (GATE_SILENT,), now_ns))
        self._state = None  # said once; whatever the gate says next is a beginning
