"""Ctrl-C and SIGTERM end a training between two steps, with a whole checkpoint."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """A flag that the loop looks at; as a context, the two signals set it.

    A second Ctrl-C, or one while nothing is under way that must be finished (`interruptible`),
    raises KeyboardInterrupt at once.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._is_interruptible = False
        self._previous: dict[int, Any] = {}

    @property
    def is_set(self) -> bool:
        """Tell whether to stop."""
        return self.signal_number is not None

    @property
    def exit_status(self) -> int:
        """What a shell expects of a process that a signal ended."""
        return 128 + (self.signal_number or signal.SIGINT)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal raise KeyboardInterrupt, for long work that leaves nothing half done."""
        self._is_interruptible = True
        try:
            yield
        finally:
            self._is_interruptible = False

    def __enter__(self) -> StopRequest:
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        is_second = self.is_set
        self.signal_number = number
        if is_second or self._is_interruptible:
            raise KeyboardInterrupt
