"""Tells people of trouble, once: what tries again every few seconds would fill a log."""

from __future__ import annotations

from collections.abc import Callable

OnMessage = Callable[[str], None]


class Teller:
    """Passes a message on unless it is the one before."""

    def __init__(self, on_message: OnMessage) -> None:
        self._on_message = on_message
        self.last = ""
        """What was told last; empty after `forget`."""

    def __call__(self, text: str) -> bool:
        """Tell it, if it is news; return whether it was."""
        if text == self.last:
            return False
        self.last = text
        self._on_message(text)
        return True

    def forget(self) -> None:
        """Note that all is well: the next trouble is news, also if it is the one before."""
        self.last = ""
