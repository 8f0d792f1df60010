"""A child process with a clear end: asked first, killed with its whole group if it does not listen.

It runs in a process group of its own, so that a Ctrl-C at the terminal reaches only us, and we
decide in which order things stop. It dies with us, even if we are killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Child:
    """One running command."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        reads_output: bool = False,
    ) -> None:
        """Start it.

        Args:
            command: Program and arguments.
            log: Where its output goes; None lets it write to our terminal.
            env: Additions to our environment.
            reads_output: Its standard output is read through `lines`; the log gets errors only.
        """
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
        self._output: IO[Any] | None = log.open("wb") if log else None
        self._process = subprocess.Popen(
            list(command),
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if reads_output else self._output,
            stderr=self._output,
            text=True,
            process_group=0,
            preexec_fn=_dies_with(os.getpid()),
        )
        self.log = log
        self.pid = self._process.pid

    @property
    def lines(self) -> IO[str]:
        """Its standard output, line by line."""
        if self._process.stdout is None:
            raise ValueError("this child's output is not read")
        return self._process.stdout

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for its end; return the exit status, or None if it still runs then."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def ask_to_stop(self) -> None:
        """Send SIGINT, as Ctrl-C would."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGINT)

    def stop(self, grace_s: float) -> int | None:
        """Ask it to stop, kill it and all it started after `grace_s`; return the exit status."""
        return stop_all([self], grace_s)[0]

    def kill(self) -> None:
        """Kill it and its group at once, and close the log."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._output, self._process.stdout):
            if stream is not None:
                stream.close()

    def last_words(self, count: int = 5) -> str:
        """Return the end of its log."""
        if self.log is None or not self.log.exists():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace").strip()
        return "\n".join(text.splitlines()[-count:])


def stop_all(children: Sequence[Child], grace_s: float) -> list[int | None]:
    """Ask all to stop at the same time; kill what is left after `grace_s`. Returns the statuses."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + grace_s
    statuses = [child.wait(max(0.0, deadline - time.monotonic())) for child in children]
    for child in children:
        child.kill()
    return statuses


def _dies_with(parent: int) -> Callable[[], None]:
    def set_up() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return set_up
