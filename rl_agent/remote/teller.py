"""Tells people of trouble, once: a link that tries again every few seconds would fill a log."""

from __future__ import annotations

from collections.abc import Callable

OnMessage = Callable[[str], None]


class Teller:
    """Passes a message on unless it is the one before."""

    def __init__(self, on_message: OnMessage) -> None:
        self._on_message = on_message
        self.last = ""
        """What was told last; empty after `forget`."""

    def __call__(self, text: str) -> None:
        """Tell it, if it is news."""
        if text != self.last:
            self.last = text
            self._on_message(text)

    def forget(self) -> None:
        """Call the next trouble news, whatever it is: things are well again."""
        self.last = ""
