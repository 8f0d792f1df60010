"""Keys of a terminal, one by one and without echo; a pipe works as well."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from collections.abc import Iterator

SEQUENCES = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[C": "right",
    "\x1b[D": "left",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1bOC": "right",
    "\x1bOD": "left",
}
CHUNK = 4096
INTERRUPT, END = "\x03", "\x04"


class Keys:
    """Reads what was typed since the last time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.is_open = True
        """False once the terminal is gone: nobody holds a key there any more."""

    def read(self, timeout_s: float = 0.0) -> list[str]:
        """Return the keys: a character each, or up, down, left, right; other sequences are '?'."""
        if not self.is_open or not select.select([self._descriptor], [], [], timeout_s)[0]:
            return []
        try:
            data = os.read(self._descriptor, CHUNK)
        except OSError:
            data = b""
        self.is_open = bool(data)
        return split_keys(data.decode("utf-8", errors="replace"))


def split_keys(text: str) -> list[str]:
    """Return the keys in what a terminal sent."""
    keys = []
    while text:
        if text[:3] in SEQUENCES:
            keys.append(SEQUENCES[text[:3]])
            text = text[3:]
        elif text[0] == "\x1b":
            # Anything else that begins with Escape stands for one key that we do not know.
            keys.append("?")
            rest = text[1:].lstrip("[O0123456789;")
            text = rest[1:]
        else:
            keys.append(text[0])
            text = text[1:]
    return keys


@contextlib.contextmanager
def raw_keys() -> Iterator[Keys]:
    """Give keys as they are pressed; the terminal is put back afterwards, whatever happens."""
    descriptor = sys.stdin.fileno()
    if not os.isatty(descriptor):
        yield Keys(descriptor)
        return
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Keys(descriptor)
    finally:
        # Keys that were held until now must not become a shell's commands.
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
