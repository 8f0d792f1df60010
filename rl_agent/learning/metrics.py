"""Figures of a run: JSON lines in `metrics.jsonl`, and the same for TensorBoard in `tb/`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
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
            position: Bytes of the file that are kept, if it is that long; whole lines of them.
            when_full: What to do about a disk without room.
        """
        self._path = run_dir / METRICS_FILE
        self._position, self._pending = position, b""
        self._when_full = when_full
        when_full(self._open, self._path, 0)
        self._board_dir, self._env_step = run_dir / "tb", env_step
        self._make_board = _find_board()
        self._board: Any = None
        self._open_board()

    @property
    def has_tensorboard(self) -> bool:
        """Tell whether it is installed."""
        return self._make_board is not None

    def write(self, kind: str, env_step: int, values: Mapping[str, float | int | None]) -> None:
        """Note the figures of one moment; what is None or not finite is left out.

        Args:
            kind: "train", "episode", "evaluation": groups of figures.
            env_step: Environment steps so far.
            values: By name.
        """
        finite = {k: v for k, v in values.items() if v is not None and math.isfinite(v)}
        line = {"kind": kind, "env_step": env_step, **finite}
        self._env_step = env_step
        self._pending += json.dumps(line).encode() + b"\n"
        if len(self._pending) >= BUFFER_BYTES:
            self._write_pending()
        with self._giving_up_a_broken_board():
            for name, value in finite.items() if self._board is not None else ():
                self._board.add_scalar(f"{kind}/{name}", value, env_step)

    def flush(self) -> int:
        """Hand all to the operating system; return the file's length in bytes.

        A power failure may still take some of it.
        """
        # Not forced onto the disk: at every checkpoint, updates would wait tens of milliseconds on
        # a memory card, for figures of the last half minute that nothing but a curve needs.
        self._write_pending()
        if self._board is None:
            # There is room again, as the lines show.
            self._open_board()
        return self._position

    def close(self) -> None:
        """Write all and close."""
        try:
            self._write_pending()
        finally:
            self._file.close()
            with self._giving_up_a_broken_board():
                if self._board is not None:
                    self._board.close()

    def _write_pending(self) -> None:
        data, position = self._pending, self._position
        if data:
            write = partial(append_whole, self._file, data, position)
            self._when_full(write, self._path, len(data))
        self._pending, self._position = b"", position + len(data)

    def _open(self) -> None:
        self._file = self._path.open("ab", buffering=0)
        # After a power failure the file may be shorter than a checkpoint, which is forced onto the
        # disk, has it: cutting "back" to that length would fill it up with zeros.
        self._position = self._path.read_bytes()[: self._position].rfind(b"\n") + 1
        self._file.truncate(self._position)

    def _open_board(self) -> None:
        with self._giving_up_a_broken_board():
            if self._make_board is not None:
                self._board = self._make_board(str(self._board_dir), purge_step=self._env_step + 1)

    @contextmanager
    def _giving_up_a_broken_board(self) -> Iterator[None]:
        """Do without TensorBoard's copy for a while: its own thread can't be told to wait."""
        try:
            yield
        except OSError:
            self._board = None


def _find_board() -> Callable[..., Any] | None:
    """Return what makes TensorBoard's writer; None where it is not installed."""
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter


def read_metrics(run_dir: Path) -> list[dict[str, Any]]:
    """Return a run's lines in order.

    An unfinished last line is left out, and so is any line that is no JSON object: a power failure
    may leave zeros anywhere in what was written last.
    """
    path = run_dir / METRICS_FILE
    if not path.exists():
        return []
    *lines, _ = path.read_bytes().split(b"\n")
    return [values for line in lines if (values := _parse(line)) is not None]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
