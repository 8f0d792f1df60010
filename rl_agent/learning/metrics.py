"""Figures of a run: JSON lines in `metrics.jsonl`, and the same for TensorBoard in `tb/`."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

METRICS_FILE = "metrics.jsonl"


class MetricsWriter:
    """Appends figures; a resumed run first drops those that it will write again."""

    def __init__(self, run_dir: Path, *, env_step: int = 0, position: int = 0) -> None:
        """Open for a run that stands at `env_step`, its file at `position` bytes."""
        self._file = (run_dir / METRICS_FILE).open("ab")
        self._file.truncate(position)
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
        self._file.write(json.dumps(line).encode() + b"\n")
        if self.has_tensorboard:
            for name, value in finite.items():
                self._board.add_scalar(f"{kind}/{name}", value, env_step)

    def flush(self) -> int:
        """Hand all to the operating system; return the file's length in bytes."""
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Write all and close."""
        self._file.close()
        if self.has_tensorboard:
            self._board.close()


def read_metrics(run_dir: Path) -> list[dict[str, Any]]:
    """Return a run's lines in order; an unfinished last line is left out."""
    path = run_dir / METRICS_FILE
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
