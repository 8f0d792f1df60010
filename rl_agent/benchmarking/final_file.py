"""`final.json`: what a finished run came to; where it has the steps asked for, nothing is left."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

from .job import Job

SCHEMA_VERSION = 1
FINAL_FILE = "final.json"


def read_final(run_dir: Path) -> dict[str, Any] | None:
    """Return a run's last evaluation; None if there is none yet."""
    path = run_dir / FINAL_FILE
    if not path.exists():
        return None
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def is_finished(job: Job) -> bool:
    """Tell whether nothing is left to do for it."""
    final = read_final(job.run_dir)
    return (
        final is not None
        and final["env_step"] >= job.config.num_steps
        and final["num_episodes"] == job.final_episodes
        # Earlier versions of Surefoot noted one that is no number.
        and isfinite(final["mean_return"])
    )
