"""Figures of a run: JSON lines in `metrics.jsonl`, and the same for TensorBoard in `tb/`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rl_agent.data.disk import WhenFull, append_whole, refuse

METRICS_FILE = "metrics.jsonl"
BUFFER_BYTES = 8192
"""Written at once."""


class MetricsWriter:
    """Appends figures; a resumed run first drops those that it will write again."""

    def __init__(
        self,
        run_dir: Path,
        *,
        env_step: int = 0,
        position: int = 0,
        when_full: WhenFull = refuse,
    ) -> None:
        """Open.

        Args:
            run_dir: The run's folder.
            env_step: Where the run stands.
            position: Bytes of the file that are kept.
            when_full: What to do about a disk without room.
        """
        self._path = run_dir / METRICS_FILE
        self._file = self._path.open("ab", buffering=0)
        self._file.truncate(position)
        self._position, self._pending = position, b""
        self._when_full = when_full
        self.has_tensorboard = True
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ImportError:
            self.has_tensorboard = False
        else:
            self._board: Any = SummaryWriter(str(run_dir / "tb"), purge_step=env_step + 1)

    def write(self, kind: str, env_step: int, values: Mapping[str, float | int | None]) -> None:
        """Note the figures of one moment; what is None or not finite is left out.

        Args:
            kind: "train", "episode", "evaluation": groups of figures.
            env_step: Environment steps so far.
            values: By name.
        """
        finite = {k: v for k, v in values.items() if v is not None and math.isfinite(v)}
        line = {"kind": kind, "env_step": env_step, **finite}
        self._pending += json.dumps(line).encode() + b"\n"
        if len(self._pending) >= BUFFER_BYTES:
            self._write_pending()
        with self._ignoring_a_broken_board():
            for name, value in finite.items() if self.has_tensorboard else ():
                self._board.add_scalar(f"{kind}/{name}", value, env_step)

    def flush(self) -> int:
        """Hand all to the operating system; return the file's length in bytes."""
        self._write_pending()
        return self._position

    def close(self) -> None:
        """Write all and close."""
        try:
            self._write_pending()
        finally:
            self._file.close()
            with self._ignoring_a_broken_board():
                if self.has_tensorboard:
                    self._board.close()

    def _write_pending(self) -> None:
        data, position = self._pending, self._position
        if data:
            write = partial(append_whole, self._file, data, position)
            self._when_full(write, self._path, len(data))
        self._pending, self._position = b"", position + len(data)

    @contextmanager
    def _ignoring_a_broken_board(self) -> Iterator[None]:
        """Do without TensorBoard's copy once it failed: its own thread can't be told to wait."""
        try:
            yield
        except OSError:
            self.has_tensorboard = False


def read_metrics(run_dir: Path) -> list[dict[str, Any]]:
    """Return a run's lines in order; an unfinished last line is left out."""
    path = run_dir / METRICS_FILE
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
