"""A small file system of its own, that can be filled to the last byte and freed again."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

CHUNKS = (1 << 20, 1 << 12, 1)
FILLER = "filler"


class NotPermittedError(Exception):
    """Nobody may mount here."""


class SmallDisk:
    """A tmpfs, for as long as the `with` block lasts."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self._size = f"size={megabytes}m"
        self._filler = folder / FILLER

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        words = ["mount", "-t", "tmpfs", "-o", self._size, "tmpfs", str(self.folder)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotPermittedError(done.stderr.strip() or "mount failed")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)

    def fill(self) -> None:
        """Take every byte that is free now."""
        with self._filler.open("ab", buffering=0) as file:
            for size in CHUNKS:
                _write_all(file, size)

    def free(self) -> None:
        """Give all of it back."""
        self._filler.unlink(missing_ok=True)


def _write_all(file: BinaryIO, size: int) -> None:
    with contextlib.suppress(OSError):
        while file.write(bytes(size)) == size:
            pass
