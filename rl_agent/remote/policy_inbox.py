"""Policies that arrive at the robot: put together, verified, written aside, handed on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rl_agent.deploy.bundle import write_files
from rl_agent.deploy.manifest import MANIFEST_NAME, POLICY_NAME, read_files, read_manifest
from rl_agent.exceptions import BundleError, ProtocolError

from .parcel import MAX_BYTES
from .wire import Frame, printable

OnPolicy = Callable[[Path], object]
"""Takes a bundle's folder, for example `PolicyStore.offer`; raises if it will not have it."""


@dataclass(frozen=True)
class Taken:
    """What became of a policy that arrived."""

    policy_version: int
    trouble: str
    """Why it was not taken; empty if it was."""


class PolicyInbox:
    """Holds at most one policy that is arriving, and keeps the newest that arrived whole.

    Policies are handed on by a thread of the inbox's own: verifying one takes a while, in which the
    link must not fall silent.
    """

    def __init__(self, directory: Path, on_policy: OnPolicy, newest_version: int = 0) -> None:
        """Open it.

        Args:
            directory: Each policy is written into a folder of its own here; older ones are removed.
            on_policy: Is given that folder, from the inbox's thread.
            newest_version: Of the policies that the robot has already; only newer ones are asked
                for. A `PolicyStore` tells it: `store.next_version() - 1`.
        """
        self._directory, self._on_policy = directory, on_policy
        self.newest_version = newest_version
        """Of all that arrived whole."""
        self._version = 0
        self._files: dict[str, bytearray] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="policy-inbox")
        self._pending: list[Future[Taken]] = []

    def begin(self) -> None:
        """Forget what had arrived in part: a new connection begins a policy anew."""
        self._version, self._files = 0, {}

    def add(self, frame: Frame) -> None:
        """Take a frame of a parcel.

        Raises:
            ProtocolError: It does not continue what came before, or is too large.
        """
        version = frame.number("version")
        if frame.kind == "policy_end":
            self._finish(version)
            return
        if version <= self.newest_version:
            raise ProtocolError(f"policy {version} came, {self.newest_version} is here already")
        if version != self._version:
            self._version, self._files = version, {}
        self._add_piece(frame)

    def taken(self) -> list[Taken]:
        """Return what became of policies since the last call."""
        done = [future for future in self._pending if future.done()]
        self._pending = [future for future in self._pending if future not in done]
        return [future.result() for future in done]

    def close(self) -> None:
        """Wait for the policy that is being handed on, and take no more."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _add_piece(self, frame: Frame) -> None:
        name = frame.text("name", 100)
        if name not in MAX_BYTES:
            raise ProtocolError(f"a policy's file of the name {name!r:.40}")
        data = self._files.setdefault(name, bytearray())
        if frame.number("start") != len(data):
            raise ProtocolError(f"{name}: expected byte {len(data)} next")
        if len(data) + len(frame.payload) > MAX_BYTES[name]:
            raise ProtocolError(f"{name}: more than {MAX_BYTES[name]} bytes")
        data += frame.payload

    def _finish(self, version: int) -> None:
        files = {name: bytes(data) for name, data in self._files.items()}
        if version != self._version or not {POLICY_NAME, MANIFEST_NAME} <= set(files):
            raise ProtocolError("a policy that is not whole")
        self.begin()
        self.newest_version = version
        self._pending.append(self._worker.submit(self._hand_on, version, files))

    def _hand_on(self, version: int, files: dict[str, bytes]) -> Taken:
        try:
            self._on_policy(self._write(version, files))
        # Whatever the caller's function raises must not end the link, which carries the journal.
        except Exception as error:
            return Taken(version, printable(str(error)) or type(error).__name__)
        return Taken(version, "")

    def _write(self, version: int, files: dict[str, bytes]) -> Path:
        folder = self._directory / f"{version:06d}"
        write_files(folder, files)
        manifest = read_manifest(folder)
        read_files(folder, manifest)
        if manifest.policy_version != version:
            found = f"found {manifest.policy_version}"
            raise BundleError(f"{folder}: expected policy_version {version}, {found}")
        for other in self._directory.iterdir():
            if other != folder and other.name.isdecimal():
                shutil.rmtree(other, ignore_errors=True)
        return folder
