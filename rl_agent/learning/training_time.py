"""What a training has cost so far: CPU and wall seconds over all its sittings.

Evaluations are left out: how often a policy is tried out must not make learning look slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rl_agent.clock import Clock

CPU, WALL = "cpu_s", "wall_s"
"""Names of the two sums, in checkpoints and among an evaluation's figures."""


class TrainingTime:
    """Two sums of seconds that go on while nothing holds them.

    They begin with the learner: imports and compiling, which a resumed run does again, are not in.
    Work that a kill undid is not in either.
    """

    def __init__(self, cpu_clock: Clock, wall_clock: Clock) -> None:
        self._clocks = {CPU: cpu_clock, WALL: wall_clock}
        self._spent = dict.fromkeys(self._clocks, 0.0)
        self._marks = self._read()
        self._is_paused = False

    @property
    def seconds(self) -> dict[str, float]:
        """The sums so far [s], by name."""
        if self._is_paused:
            return dict(self._spent)
        now = self._read()
        return {name: self._spent[name] + now[name] - self._marks[name] for name in now}

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what happens within the context."""
        self._spent = self.seconds
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False
            self._marks = self._read()

    def restore(self, seconds: Mapping[str, float]) -> None:
        """Go on from a checkpoint's sums."""
        self._spent = {name: float(seconds.get(name, 0.0)) for name in self._spent}
        self._marks = self._read()

    def _read(self) -> dict[str, float]:
        return {name: clock.now() for name, clock in self._clocks.items()}
