"""Two network namespaces joined by a cable that can be pulled; on Linux, for root alone."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from .small_disk import NotPermittedError

CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class TwoNetworks:
    """A robot's network and its learner's, for as long as the `with` block lasts."""

    def __init__(self) -> None:
        """Name them after this process: others may have some, too."""
        number = os.getpid()
        self._robot, self._learner = f"sf-robot-{number}", f"sf-learner-{number}"
        self._ends = f"sfr{number}", f"sfl{number}"
        self.learner_host = "10.77.8.2"
        self.at_learner = ("ip", "netns", "exec", self._learner)
        """Words before a command that is to run there."""

    def __enter__(self) -> Self:
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise NotPermittedError("needs root, and ip of iproute2")
        try:
            self._make()
        except subprocess.CalledProcessError as error:
            self._remove()
            raise NotPermittedError(error.stderr.strip()) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove()

    def pull(self) -> None:
        """Take the cable out, at the robot's end."""
        _ip("-n", self._robot, "link", "set", self._ends[0], "down")

    def plug_in(self) -> None:
        """Put it back."""
        _ip("-n", self._robot, "link", "set", self._ends[0], "up")

    @contextmanager
    def inside_robots(self) -> Iterator[None]:
        """Let this thread, and all threads and processes that it starts, be in the robot's."""
        with open("/proc/self/ns/net", "rb") as own, open(f"/run/netns/{self._robot}", "rb") as far:
            _enter(far.fileno())
            try:
                yield
            finally:
                _enter(own.fileno())

    def _make(self) -> None:
        places = (self._robot, "10.77.8.1"), (self._learner, self.learner_host)
        for name, _ in places:
            _ip("netns", "add", name)
        _ip("link", "add", self._ends[0], "type", "veth", "peer", "name", self._ends[1])
        for end, (name, address) in zip(self._ends, places, strict=True):
            _ip("link", "set", end, "netns", name)
            _ip("-n", name, "address", "add", f"{address}/24", "dev", end)
            for device in ("lo", end):  # a twin's graph speaks on loopback
                _ip("-n", name, "link", "set", device, "up")

    def _remove(self) -> None:
        for name in (self._robot, self._learner):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "delete", self._ends[0]], capture_output=True, check=False)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=20.0)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        raise NotPermittedError(os.strerror(ctypes.get_errno()))
