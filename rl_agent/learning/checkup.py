"""The regular look at what learns: figures, health, and whether the critics are lost.

It changes no weight and draws no random number, so that how often it looks changes no result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rl_agent.exceptions import TrainingDivergedError

from .config import TrainConfig
from .divergence import diverged, leave_sound
from .health import health_figures
from .parts import Counters, KeptParts
from .stopwatch import Stopwatch
from .value_guard import ValueGuard


class Checkup:
    """Looks every `log_every` and `health_every` environment steps; both learners own one."""

    def __init__(
        self,
        config: TrainConfig,
        run_dir: Path,
        parts: KeptParts,
        guard: ValueGuard,
        stopwatch: Stopwatch,
    ) -> None:
        """Begin at step 0.

        Args:
            config: Of the training.
            run_dir: Its folder.
            parts: Whose agent is looked at.
            guard: Knows the rewards met, and judges the critics.
            stopwatch: Measures `health` and `checkpoint`.
        """
        self._config, self._run_dir, self._parts = config, run_dir, parts
        self._guard, self._stopwatch = guard, stopwatch
        self.sound_step = 0
        """Up to which the critics' values could be: what was saved by then is worth keeping."""
        self._logged_step = self._health_step = 0

    def resume(self, env_step: int) -> None:
        """Go on at a checkpoint's step, whose figures are written already."""
        self.sound_step = self._logged_step = self._health_step = env_step

    def look(self, counters: Counters, own: Callable[[], Mapping[str, float]] = dict) -> None:
        """Write what is due.

        Args:
            counters: Where the learner stands.
            own: Returns the learner's own figures, beside those of every training; asked where a
                line is due.

        Raises:
            TrainingDivergedError: The critics are lost; the checkpoints from before stay.
        """
        env_step = counters.env_step
        if _is_due(self._config.health_every, self._health_step, env_step):
            self.note_health(env_step)
        if _is_due(self._config.log_every, self._logged_step, env_step):
            self._logged_step = env_step
            self._log(counters, own())

    def note_health(self, env_step: int) -> None:
        """Write the health figures; nothing may be taken in meanwhile.

        What the probe moves is put back, and news would be put back with it.
        """
        self._health_step = env_step
        with self._stopwatch.measure("health"):
            rows = self._parts.recent.since(self._config.learning_starts)
            figures = health_figures(rows, self._parts.agent, self._config)
        if figures:
            self._parts.metrics.write("health", env_step, figures)

    @contextmanager
    def saving(self, env_step: int) -> Iterator[None]:
        """Measure the writing of a checkpoint, and explain why one can't be written.

        Raises:
            TrainingDivergedError: A weight is no longer finite; the checkpoints before stay.
        """
        with self._stopwatch.measure("checkpoint"):
            try:
                yield
            except TrainingDivergedError as error:
                raise self._diverged(env_step, str(error)) from error

    def _log(self, counters: Counters, own: Mapping[str, float]) -> None:
        env_step, replay = counters.env_step, self._parts.replay
        values = self._parts.agent.metrics()
        trouble = self._guard.judge(values)
        if trouble:
            if self._health_step != env_step:
                self.note_health(env_step)
            leave_sound(self._run_dir, self._parts.metrics, env_step, values, self.sound_step)
            raise self._diverged(env_step, trouble)
        if not self._guard.is_suspicious:
            self.sound_step = env_step
        if self._config.bonus.is_enabled:
            values["mean_bonus"] = replay.mean_bonus
        values["num_quarantined"] = replay.num_quarantined
        values["intervention_share"] = counters.intervention_share
        values["gradient_step"] = self._parts.agent.gradient_step
        self._parts.metrics.write("train", env_step, {**values, **own})

    def _diverged(self, env_step: int, trouble: str) -> TrainingDivergedError:
        return diverged(self._run_dir, self._parts.metrics, env_step, trouble)


def _is_due(every: int, last_step: int, env_step: int) -> bool:
    """Tell whether a multiple of `every` was reached since `last_step`; never where that is 0.

    Multiples, not distances: a resumed run looks where one would that was never stopped.
    """
    return every > 0 and env_step // every > last_step // every
