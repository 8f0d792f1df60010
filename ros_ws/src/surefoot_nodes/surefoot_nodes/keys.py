"""Keys pressed in the terminal of `surefoot up`, noticed at once and without Enter."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Mapping

from . import realtime

STOP_KEYS = frozenset(b" sS")
POLL_S = 0.2
"""How soon the watch ends when it is told to; a key is noticed at once."""


def is_our_terminal(descriptor: int) -> bool:
    """Tell whether a descriptor is a terminal that listens to us; a background job must not ask."""
    try:
        return os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


@contextlib.contextmanager
def watch_keys(
    on_stop: Callable[[], None],
    descriptor: int | None = None,
    others: Mapping[str, Callable[[], None]] | None = None,
) -> Iterator[bool]:
    """Call `on_stop`, from a thread of its own, whenever Space or S is pressed.

    `others` says what other keys do; that must be quick, and comes after a stop. Yields whether
    keys are watched: not where the standard input is no terminal. The terminal's settings are
    restored in the end. Ctrl-C stays what it is.
    """
    if descriptor is None:
        try:
            descriptor = sys.stdin.fileno()
        except (OSError, ValueError, AttributeError):
            descriptor = -1
    if not is_our_terminal(descriptor):
        yield False
        return
    settings = termios.tcgetattr(descriptor)
    is_ending = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(descriptor, on_stop, others or {}, is_ending), name="keys", daemon=True
    )
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        thread.start()
        yield True
    finally:
        is_ending.set()
        if thread.is_alive():
            thread.join(2.0 * POLL_S)
        termios.tcsetattr(descriptor, termios.TCSANOW, settings)


def _watch(
    descriptor: int,
    on_stop: Callable[[], None],
    others: Mapping[str, Callable[[], None]],
    is_ending: threading.Event,
) -> None:
    realtime.use_fifo()  # a busy machine must not keep a stop waiting
    while not is_ending.is_set():
        ready, _, _ = select.select([descriptor], [], [], POLL_S)
        if not ready or is_ending.is_set():
            continue
        try:
            pressed = os.read(descriptor, 64)
        except OSError:  # the terminal was closed
            return
        if not pressed:
            return
        if STOP_KEYS & set(pressed):
            on_stop()
        for key in pressed.decode("ascii", "replace"):
            if key in others:
                others[key]()
