"""The demonstration's first half: the same training and export as `surefoot train` and `export`."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rl_agent.child import Child
from rl_agent.exceptions import Problem, ProblemsError, SurefootError
from rl_agent.reporting.report import LearningPoint, Training
from rl_agent.robots.profile import available_robots

from .demo_plan import DemoPlan

CLI = (sys.executable, "-m", "rl_agent.cli.main")
SPENT_FILE = "demo_seconds.txt"
PRACTICE_EPISODES = 8
"""The practice curve is a mean over this many attempts."""
GRACE_S = 2.5
"""What a training gets to write its last checkpoint in."""


class StepFailedError(SurefootError):
    """A step of the demonstration ended badly; its own words are in the message."""


@dataclass(frozen=True)
class TrainingOutcome:
    """The training's figures, and where it began."""

    training: Training
    resumed_step: int | None
    """Step of the earlier, interrupted training that this one went on from."""


def train_policy(plan: DemoPlan) -> TrainingOutcome:
    """Train, showing the training's own panel; an interrupted training goes on.

    Raises:
        StepFailedError: It failed; the reason stands on the terminal.
        ProblemsError: The folder holds a training with another seed.
    """
    resumed_step = _earlier_step(plan)
    with _adding_up(plan.run_dir / SPENT_FILE) as spent_before_s:
        started = time.monotonic()
        run_step("train", [*_environment(plan), *plan.train_options()], plan, shows_output=True)
        seconds = time.monotonic() - started
    return TrainingOutcome(_read_training(plan, spent_before_s + seconds), resumed_step)


@contextmanager
def _adding_up(file: Path) -> Iterator[float]:
    """Yield the seconds that earlier, interrupted trainings took, and add this one's to them."""
    try:
        before_s = float(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before_s = 0.0
    started = time.monotonic()
    try:
        yield before_s
    finally:
        if file.parent.is_dir():
            file.write_text(f"{before_s + time.monotonic() - started:.1f}\n", encoding="utf-8")


def export_policy(plan: DemoPlan) -> str:
    """Write the bundle; return the sentence about it.

    Raises:
        StepFailedError: It failed.
    """
    run_step("export", [str(plan.run_dir), "--out", str(plan.bundle)], plan)
    from rl_agent.deploy.manifest import read_manifest

    manifest = read_manifest(plan.bundle)
    size = sum(entry.size for entry in manifest.files.values())
    return (
        f"The policy of step {manifest.training.env_step} as an ONNX bundle of {size / 1e3:.0f} kB,"
        " compared with the original on a thousand inputs."
    )


def run_step(
    verb: str, arguments: Sequence[str], plan: DemoPlan, *, shows_output: bool = False
) -> None:
    """Run one verb of the command line in a process of its own.

    Raises:
        StepFailedError: It ended with another status than 0.
    """
    log = None if shows_output else plan.log(verb)
    child = Child([*CLI, verb, *arguments], log=log)
    try:
        status = child.wait()
    finally:
        child.stop(GRACE_S)
    if status:
        words = child.last_words()
        raise StepFailedError(f"`surefoot {verb}` ended with status {status}\n{words}".rstrip())


def _environment(plan: DemoPlan) -> list[str]:
    """Return what names the twin: an id where there is one, else the general twin."""
    if plan.robot in available_robots():
        return ["--env", f"sim:{plan.robot.capitalize()}Reach-v0"]
    preset = ["--env", "sim:Twin-v0", "--config", "so101_reach"]
    return [*preset, "--set", f"env_options.robot={plan.robot}", "--set", "env_options.task=reach"]


def _earlier_step(plan: DemoPlan) -> int | None:
    from rl_agent.learning.run_folder import holds_run, read_config

    if plan.is_fresh:
        shutil.rmtree(plan.run_dir, ignore_errors=True)
    if not holds_run(plan.run_dir):
        return None
    seed = read_config(plan.run_dir).seed
    if seed != plan.seed:
        message = f"holds a training with seed {seed}; add --fresh to begin anew, or another --out"
        raise ProblemsError("surefoot demo", [Problem(str(plan.run_dir), message)])
    steps = [int(path.name) for path in (plan.run_dir / "checkpoints").glob("[0-9]*")]
    return max(steps, default=None)


def _read_training(plan: DemoPlan, seconds: float) -> Training:
    from rl_agent.learning.metrics import read_metrics

    lines = read_metrics(plan.run_dir)
    evaluations = [line for line in lines if line["kind"] == "evaluation"]
    steps = [int(line["env_step"]) for line in lines]
    updates = [int(line["gradient_step"]) for line in lines if "gradient_step" in line]
    return Training(
        env_steps=max(steps, default=0),
        gradient_steps=max(updates, default=0),
        seconds=seconds,
        curve=tuple(
            LearningPoint(
                env_step=int(line["env_step"]),
                success_share=float(line["success_rate"]),
                error_m=line.get("mean_final_error"),
            )
            for line in evaluations
            if "success_rate" in line
        ),
        practice=_practice(lines),
    )


def _practice(lines: Sequence[Mapping[str, Any]]) -> tuple[LearningPoint, ...]:
    episodes = [line for line in lines if line["kind"] == "episode" and "is_success" in line]
    points = []
    for number in range(PRACTICE_EPISODES, len(episodes) + 1):
        latest = episodes[number - PRACTICE_EPISODES : number]
        share = sum(line["is_success"] for line in latest) / PRACTICE_EPISODES
        points.append(LearningPoint(env_step=int(latest[-1]["env_step"]), success_share=share))
    return tuple(points)
