"""The policy that rows share: trained by the same command that a user types, then exported."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CLI = (sys.executable, "-m", "rl_agent.cli.main")
ENV = "sim:So101Reach-v0"


@dataclass(frozen=True)
class Trained:
    """A finished training and its bundle."""

    run: Path
    bundle: Path
    seconds: float | None
    """Training time; None for one that was found."""


def train(folder: Path, *, seed: int) -> Trained:
    """Run `surefoot train` and `surefoot export` on the arm's twin.

    Raises:
        CalledProcessError: One of them failed; its output is on stderr.
    """
    trained = Trained(folder / "run", folder / "bundle", None)
    started = time.monotonic()
    _run("train", "--env", ENV, "--seed", str(seed), "--out", trained.run)
    seconds = time.monotonic() - started
    _run("export", trained.run, "--out", trained.bundle)
    return Trained(trained.run, trained.bundle, seconds)


def find_trained(source: Path) -> Trained:
    """Return what lies beside a demonstration's report.json, or in a folder of that layout.

    Raises:
        FileNotFoundError: There is no run or no bundle.
    """
    folder = source if source.is_dir() else source.parent
    run = folder / "train" if (folder / "train").is_dir() else folder / "run"
    bundle = folder / "bundle"
    for path in (run, bundle):
        if not path.is_dir():
            raise FileNotFoundError(f"--from {source}: expected {path}")
    return Trained(run.absolute(), bundle.absolute(), None)


def _run(*arguments: str | Path) -> None:
    # Figures alone go to stdout, so what the verbs print goes to stderr.
    subprocess.run([*CLI, *arguments], check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL)
