"""What the rows of one call share: a scratch folder, one training, one clone, and a voice."""

from __future__ import annotations

import shutil
import sys
import tempfile
import traceback
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec
from surefoot_nodes.domains import free_domain

from .clone import Clone
from .driving import Run, run_reaches
from .live_runs import LiveRun, live_run
from .training import ENV, Trained, find_trained, train

ROBOT = "so101"
TARGET_SEED_OFFSET = 20_000
"""Fresh targets: another stream than anything in training or in the demonstration."""
LIVE_MINUTES = 5.0
"""Of robot time, for an arm that learns to reach."""
DOMAINS = range(10, 40)
"""Apart from robots' default domain and from the twin's of `surefoot up`."""


class Context:
    """Used in a `with` statement; what it started and made is gone afterwards."""

    def __init__(
        self, *, quick: bool, source: Path | None, seed: int, out: Path | None = None
    ) -> None:
        """Make the scratch folder.

        Args:
            quick: Fewer repeats.
            source: A demonstration's or training's folder or report to take the policy from.
            seed: Of training and targets.
            out: Where recordings and runs are kept; None throws them away.
        """
        self.quick = quick
        self.seed = seed
        self.source = source
        self._runs: dict[tuple[str, int, float | None, float], Run] = {}
        self._live: dict[int, LiveRun] = {}
        self._is_kept = out is not None
        self.folder = (out or Path(tempfile.mkdtemp(prefix="surefoot-benchmark-"))).absolute()
        self.folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._is_kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    @cached_property
    def spec(self) -> RobotSpec:
        """The robot that all rows measure."""
        return load_robot(ROBOT)

    @cached_property
    def trained(self) -> Trained:
        """Run folder and bundle, trained on first use unless `--from` names them."""
        if self.source is not None:
            return find_trained(self.source)
        self.say("training once for the rows of this call …")
        return train(self.folder / "training", seed=self.seed)

    @property
    def target_seed(self) -> int:
        """Of the targets that rows share."""
        return TARGET_SEED_OFFSET + self.seed

    @cached_property
    def domain(self) -> int:
        """The ROS domain of this call's graphs."""
        return free_domain(DOMAINS)

    def reaches(
        self,
        controller: str,
        count: int,
        *,
        window_s: float | None = None,
        policy_hz: float = 0.0,
    ) -> Run:
        """Return a controller's reaches over ROS 2, done on first use."""
        key = (controller, count, window_s, policy_hz)
        if key not in self._runs:
            self._runs[key] = run_reaches(
                self, controller, count, window_s=window_s, policy_hz=policy_hz
            )
        return self._runs[key]

    @property
    def live_seeds(self) -> range:
        """Of the live trainings."""
        return range(self.seed, self.seed + self.repeats(3, 1))

    def live(self, seed: int) -> LiveRun:
        """Return the arm's live training of a seed, done on first use."""
        if seed not in self._live:
            self._live[seed] = live_run(
                self, ENV, seed, LIVE_MINUTES, self.spec.policy_hz, "--goal-period", "4"
            )
        return self._live[seed]

    def clone(self) -> Clone:
        """Return the fresh clone, made on first use."""
        return self._clone

    @cached_property
    def _clone(self) -> Clone:
        return Clone(self.folder / "clone", use_cache=self.quick)

    def repeats(self, usual: int, quick: int) -> int:
        """Return how often to repeat."""
        return quick if self.quick else usual

    def quick_words(self, what: str = "fewer repeats") -> str:
        """Return what a figure's detail must add about --quick; nothing without it."""
        return f"; quick: {what}" if self.quick else ""

    def say(self, text: str, error: BaseException | None = None) -> None:
        """Tell the person at the terminal; figures alone go to stdout."""
        print(f"[benchmark] {text}", file=sys.stderr, flush=True)
        if error is not None:
            traceback.print_exception(error, file=sys.stderr)
