"""What the rows of one call share: folder, domain, numbers of repeats, and a rig that stays up."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from .rig import Rig

DOMAINS = range(43, 80)
"""Apart from robots' default domain, from `surefoot up`'s twin and from the benchmarks'."""


class FaultContext:
    """Used in a `with` statement; what it started is gone afterwards."""

    def __init__(
        self,
        *,
        quick: bool,
        say: Callable[[str], None],
        seed: int = 0,
        soak_min: float | None = None,
        folder: Path | None = None,
    ) -> None:
        """Prepare it.

        Args:
            quick: Fewer repeats.
            say: Takes lines about the progress.
            seed: Of moments and losses.
            soak_min: How long the soak lasts; None for a short one.
            folder: Where logs are kept; None throws them away.
        """
        from ..domains import free_domain

        self.quick = quick
        self.say = say
        self.seed = seed
        self.soak_min = soak_min
        self.rng = random.Random(seed)
        self._is_kept = folder is not None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="surefoot-faults-"))
        self.domain = free_domain(DOMAINS)
        self._rig: Rig | None = None
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close_rig()
        if not self._is_kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    def repeats(self, usual: int, quick: int) -> int:
        """Return how often to repeat."""
        return quick if self.quick else usual

    def scratch(self, name: str) -> Path:
        """Return a fresh folder."""
        path = self.folder
        while path.exists() or path == self.folder:
            self._count += 1
            path = self.folder / f"{self._count:02d}-{name}"
        path.mkdir(parents=True)
        return path

    def operated(self) -> dict[str, Any]:
        """Return the choices of the rig that people stop, start and take over."""
        from .rows_estop import gate_parameters

        return {"gate": gate_parameters()}

    def rig(self, **choices: Any) -> Rig:
        """Return a running, armed rig in motion; the last row's, where it is the same kind."""
        from .rig import Rig, RigPlan

        plan = RigPlan(domain=self.domain, folder=self.folder, **choices)
        running = self._rig
        if running is not None and replace(running.plan, folder=self.folder) == plan:
            try:
                running.check()
                _make_ready(running)
            except Exception as error:  # a row before left it broken: a fresh one is due
                self.say(f"a fresh graph: {error}")
            else:
                return running
        self.close_rig()
        plan = replace(plan, folder=self.scratch("graph"))
        self.say(f"starting {plan.robot} …")
        self._rig = Rig(plan).__enter__()
        _make_ready(self._rig)
        return self._rig

    def close_rig(self) -> None:
        """End the rig, if there is one."""
        rig, self._rig = self._rig, None
        if rig is not None:
            rig.__exit__(None, None, None)


def _make_ready(rig: Rig) -> None:
    if rig.plan.moves:
        rig.restore()
