"""The rule by which a reach is judged, on readings alone, in the twin and over ROS 2 alike."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReachRule:
    """Within `radius_m` for `hold_s` without a break, all of it inside `limit_s`."""

    radius_m: float = 0.02
    hold_s: float = 0.5
    limit_s: float = 4.0
    max_gap_s: float = 0.15
    """Nothing is known of a longer time without readings, so it breaks a hold."""
    min_distance_m: float = 0.10
    """A target nearer than this to where the tool starts is no reach."""

    def __post_init__(self) -> None:
        values = (self.radius_m, self.hold_s, self.limit_s, self.max_gap_s)
        if not all(math.isfinite(value) and value > 0.0 for value in values):
            raise ValueError(f"expected finite numbers above 0, got {self}")
        if self.hold_s > self.limit_s:
            raise ValueError(f"hold_s {self.hold_s} does not fit into limit_s {self.limit_s}")


@dataclass(frozen=True, kw_only=True)
class ReachResult:
    """What became of one target."""

    is_success: bool
    time_to_target_s: float | None
    """From the start to the beginning of the hold that counted; None without success."""
    final_error_m: float
    """Of the last reading."""
    smallest_error_m: float
    num_readings: int


class ReachTrial:
    """One target: feed it readings in the order of time until it says that it has ended."""

    def __init__(self, start_s: float, rule: ReachRule | None = None) -> None:
        """Start the clock.

        Args:
            start_s: When the target was given [s], on the clock of the readings.
            rule: None takes the usual one.
        """
        self.rule = rule or ReachRule()
        self._start_s = start_s
        self._last_s = start_s
        self._entered_s: float | None = None
        self._is_success = False
        self._has_ended = False
        self._final_error_m = math.inf
        self._smallest_error_m = math.inf
        self._num_readings = 0

    @property
    def has_ended(self) -> bool:
        """Tell whether the result is final."""
        return self._has_ended

    def update(self, time_s: float, error_m: float) -> bool:
        """Take one reading; tell whether the trial has ended.

        Args:
            time_s: When it was measured; not newer than the reading before means it is ignored.
            error_m: Distance of the tool to the target; NaN counts as outside.
        """
        is_news = time_s > self._last_s or (self._num_readings == 0 and time_s == self._start_s)
        if self._has_ended or not is_news:
            return self._has_ended
        gap_s, self._last_s = time_s - self._last_s, time_s
        # Stamps are sums of periods: a nanosecond is far above their rounding.
        elapsed_s = time_s - self._start_s
        if elapsed_s > self.rule.limit_s + 1e-9:
            self._has_ended = True
            return True
        self._note(error_m)
        if gap_s > self.rule.max_gap_s:
            self._entered_s = None
        if not error_m <= self.rule.radius_m:
            self._entered_s = None
        elif self._entered_s is None:
            self._entered_s = time_s
        held_s = 0.0 if self._entered_s is None else time_s - self._entered_s
        self._is_success = held_s >= self.rule.hold_s - 1e-9
        self._has_ended = self._is_success or elapsed_s >= self.rule.limit_s - 1e-9
        return self._has_ended

    def result(self) -> ReachResult:
        """Return the result so far; a trial that was cut short is no success."""
        time_s = None
        if self._is_success and self._entered_s is not None:
            time_s = self._entered_s - self._start_s
        return ReachResult(
            is_success=self._is_success,
            time_to_target_s=time_s,
            final_error_m=self._final_error_m,
            smallest_error_m=self._smallest_error_m,
            num_readings=self._num_readings,
        )

    def _note(self, error_m: float) -> None:
        self._num_readings += 1
        self._final_error_m = error_m
        if error_m < self._smallest_error_m:
            self._smallest_error_m = error_m
