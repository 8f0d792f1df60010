"""The outcome first: did it work, in one sentence and a handful of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np

from .report import ReachSeries, Report
from .wording import CONTROLLER_NAMES, count, duration

GOOD_SHARE = 0.9
"""Of the targets reached: less is called a disappointment."""


@dataclass(frozen=True)
class Tile:
    """One large number."""

    value: str
    words: str
    is_good: bool | None = None
    """None where there is nothing to judge."""

    def html(self) -> str:
        """Return a list item."""
        mood = {None: "", True: " good", False: " bad"}[self.is_good]
        inner = f"<b>{escape(self.value)}</b><span>{escape(self.words)}</span>"
        return f'<li class="tile{mood}">{inner}</li>'


def is_good(report: Report) -> bool:
    """Tell whether the demonstration showed what it set out to show."""
    policy = report.of("policy")
    clean = report.commands is not None and not any(report.commands.violations.values())
    return policy is not None and policy.success_share >= GOOD_SHARE and clean


def verdict(report: Report) -> str:
    """Return the outcome in one plain sentence."""
    policy = report.of("policy")
    if policy is None:
        return "The demonstration did not get as far as driving the arm with the trained policy."
    reached = f"reached {policy.num_successes} of {count(len(policy.trials), 'fresh target')}"
    outside = "the commands were not recorded"
    if report.commands is not None:
        broken = sum(report.commands.violations.values())
        outside = f"{count(broken, 'command')} left the robot's limits"
    opening = "It worked" if is_good(report) else "It did not work as well as it should"
    return f"{opening}: the trained arm {reached}, and {outside}."


def tiles(report: Report) -> str:
    """Return the large numbers."""
    items = "".join(tile.html() for tile in _tiles(report))
    return f'<ul class="tiles">{items}</ul>' if items else ""


def _tiles(report: Report) -> Iterator[Tile]:
    policy = report.of("policy")
    if policy is not None:
        is_enough = policy.success_share >= GOOD_SHARE
        yield Tile(_reached(policy), "targets reached by the trained policy", is_enough)
        if policy.median_time_s is not None:
            yield Tile(f"{policy.median_time_s:.2f} s", "to the target; half were quicker")
    if report.commands is not None:
        broken = sum(report.commands.violations.values())
        words = f"of {count(report.commands.num_ticks, 'command')} outside the robot's limits"
        yield Tile(str(broken), words, broken == 0)
    if report.timing is not None and report.timing.latencies_ms:
        median = float(np.median(report.timing.latencies_ms))
        yield Tile(f"{median:.1f} ms", "from a reading to its command; half were quicker")
    if report.training is not None:
        yield Tile(duration(report.training.seconds), "of learning, from nothing")
    for series in report.series:
        if series.key != "policy":
            name = CONTROLLER_NAMES[series.key].lower()
            yield Tile(_reached(series), f"for comparison: {name}")


def _reached(series: ReachSeries) -> str:
    return f"{series.num_successes} of {len(series.trials)}"
