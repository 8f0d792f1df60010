"""The newest serialised messages of one topic, bounded in time and in bytes."""

from __future__ import annotations

from collections import deque

OVERHEAD_BYTES = 150
"""What Python adds to each message, so that a flood of tiny ones is bounded as well."""


class MessageRing:
    """Forgets the oldest first; what it held last before that is kept where it is still true."""

    def __init__(self, *, window_ns: int, max_bytes: int, is_latched: bool = False) -> None:
        """Make an empty ring.

        Args:
            window_ns: Messages older than this, seen from the newest one, are forgotten.
            max_bytes: Beyond, the oldest are forgotten earlier.
            is_latched: A message holds until the next one, however old it is: keep one more.
        """
        self._window_ns = window_ns
        self._max_bytes = max_bytes
        self._is_latched = is_latched
        self._messages: deque[tuple[int, bytes]] = deque()
        self._before: tuple[int, bytes] | None = None
        self._num_bytes = 0
        self.num_crowded_out = 0
        """Forgotten before their time, for want of bytes; too large ones are counted too."""

    @property
    def newest_ns(self) -> int | None:
        """Time of the newest message [ns]."""
        return self._messages[-1][0] if self._messages else None

    def add(self, time_ns: int, data: bytes) -> None:
        """Remember a message received at `time_ns` [ns, steady clock]."""
        size = len(data) + OVERHEAD_BYTES
        if size > self._max_bytes:
            self.num_crowded_out += 1
            return
        self._messages.append((time_ns, data))
        self._num_bytes += size
        while self._messages[0][0] < time_ns - self._window_ns:
            self._forget()
        while self._num_bytes > self._max_bytes:
            self._forget()
            self.num_crowded_out += 1

    def since(self, start_ns: int) -> list[tuple[int, bytes]]:
        """Return (time, data) from `start_ns` on; of a latched topic also what held then."""
        found = [message for message in self._messages if message[0] >= start_ns]
        if self._is_latched:
            older = [message for message in self._messages if message[0] < start_ns]
            held = older[-1] if older else self._before
            found = [held, *found] if held is not None else found
        return found

    def _forget(self) -> None:
        self._before = self._messages.popleft()
        self._num_bytes -= len(self._before[1]) + OVERHEAD_BYTES
        if not self._is_latched:
            self._before = None
