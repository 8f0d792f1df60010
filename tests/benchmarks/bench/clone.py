"""A fresh clone of the repository in a folder of its own, used as a newcomer would use it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
# What would make the clone see this process's Python, ROS or caches instead of its own.
# ROS's wheels mark with the last one that LD_LIBRARY_PATH is set, for their own environment.
FOREIGN = (
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONHOME",
    "AMENT_PREFIX_PATH",
    "LD_LIBRARY_PATH",
    "MUJOCO_GL",
    "_ROS_WHEELS_BOOTSTRAP_COMPLETE",
    "MAKEFLAGS",
    "MAKELEVEL",
)


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    seconds: float
    status: int
    log: Path


class Clone:
    """`git clone` of the committed state; nothing uncommitted comes along."""

    def __init__(self, folder: Path, *, use_cache: bool) -> None:
        """Clone.

        Args:
            folder: Where to; must not exist.
            use_cache: Whether pip may take packages from this machine's cache.
        """
        self.folder = folder
        self._use_cache = use_cache
        started = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
        self.seconds = time.monotonic() - started

    def make(self, *arguments: str) -> Finished:
        """Run `make` in the clone with nothing of this process's environment in it."""
        log = self.folder.with_suffix(f".{arguments[0]}.log")
        started = time.monotonic()
        with log.open("wb") as output:
            done = subprocess.run(
                ["make", *arguments],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        return Finished(time.monotonic() - started, done.returncode, log)

    def read_json(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the clone, or nothing where it does not exist."""
        path = self.folder / name
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def _environment(self) -> dict[str, str]:
        own = os.environ.get("VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        paths = kept.get("PATH", os.defpath).split(os.pathsep)
        kept["PATH"] = os.pathsep.join(p for p in paths if own is None or not p.startswith(own))
        if not self._use_cache:
            kept["PIP_NO_CACHE_DIR"] = "1"
        return kept
