"""What a training that diverged leaves to go on from, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rl_agent.exceptions import TrainingDivergedError
from rl_agent.reporting.health import Level, judge

from .checkpoint import drop_newer_checkpoints, step_checkpoints
from .metrics import MetricsWriter, read_metrics


def leave_sound(
    run_dir: Path,
    metrics: MetricsWriter,
    env_step: int,
    values: Mapping[str, float],
    sound_step: int,
) -> None:
    """Leave the figures of the end, and no checkpoint of critics that were lost already."""
    metrics.write("diverged", env_step, values)
    drop_newer_checkpoints(run_dir, sound_step)


def diverged(
    run_dir: Path, metrics: MetricsWriter, env_step: int, trouble: str
) -> TrainingDivergedError:
    """Return what happened, which figures show it, and what is left to go on from."""
    metrics.flush()
    findings = judge(read_metrics(run_dir))
    shown = [f.sentence for f in findings if f.level is Level.TROUBLE]
    kept = step_checkpoints(run_dir)
    left = f"the checkpoint of step {int(kept[0].name)} stays" if kept else "none was kept"
    happened = f"training diverged by step {env_step}: {trouble}; {left}."
    return TrainingDivergedError(" ".join((happened, *shown, f"Curves: surefoot health {run_dir}")))
