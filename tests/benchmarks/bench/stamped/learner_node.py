"""The learner's process, which notes when rows came to be drawn from, and what it did meanwhile."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from rl_agent.learning.updater import Updater
from surefoot_nodes import learner_node

FOLDER = "SUREFOOT_STAMPS"
NAME = "taken_in"


def main() -> int:
    """Run it."""
    file = (Path(os.environ[FOLDER]) / NAME).open("a", buffering=1, encoding="utf-8")
    take_rows = Updater.take_rows

    def stamped(self: Updater, rows: np.ndarray) -> None:
        take_rows(self, rows)
        file.write(f"{time.monotonic()} {len(rows)}\n")

    Updater.take_rows = stamped  # type: ignore[method-assign]
    return learner_node.main()


if __name__ == "__main__":
    sys.exit(main())
