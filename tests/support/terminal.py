"""A program at a terminal of its own, whose keys a test presses."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

REPEAT_S = 0.05
"""A held key repeats about so often."""


class Terminal:
    def __init__(self, command: Sequence[str], env: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
        )
        os.close(theirs)
        self.output = ""

    def wait(self, duration_s: float) -> None:
        """Read what is shown for a while."""
        end_s = time.monotonic() + duration_s
        while (left_s := end_s - time.monotonic()) > 0.0 and self._read(left_s):
            pass

    def until(self, words: str, timeout_s: float = 60.0) -> None:
        """Wait until `words` were shown since the last `press`."""
        end_s = time.monotonic() + timeout_s
        while words not in self.output:
            assert time.monotonic() < end_s, f"{words!r} not in {self.output[-2000:]!r}"
            if not self._read(0.1) and self.process.poll() is not None:
                assert words in self.output, self.output[-2000:]

    def press(self, keys: str) -> None:
        """Type; what was shown before is forgotten."""
        self.output = ""
        os.write(self._ours, keys.encode())

    def hold(self, key: str, until: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Hold a key, as a terminal repeats it, until something holds."""
        end_s = time.monotonic() + timeout_s
        while not until():
            assert time.monotonic() < end_s, self.output[-2000:]
            os.write(self._ours, key.encode())
            self.wait(REPEAT_S)

    def end(self, timeout_s: float = 20.0) -> int:
        """Wait for the program's end; return its exit status."""
        end_s = time.monotonic() + timeout_s
        while self.process.poll() is None and time.monotonic() < end_s:
            self._read(0.1)
        self.wait(0.1)
        assert self.process.returncode is not None, self.output[-2000:]
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def _read(self, timeout_s: float) -> bool:
        """Return whether there may be more."""
        if not select.select([self._ours], [], [], timeout_s)[0]:
            return True
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # the program has ended
            time.sleep(min(timeout_s, 0.01))
            return False
        self.output += data.decode(errors="replace")
        return bool(data)


@contextlib.contextmanager
def terminal(command: Sequence[str], env: dict[str, str]) -> Iterator[Terminal]:
    """Run a program at a terminal; end it whatever happens."""
    opened = Terminal(command, env)
    try:
        yield opened
    finally:
        opened.close()
