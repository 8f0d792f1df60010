"""How a training looks: a live panel in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rl_agent.learning.evaluate import Score
from rl_agent.learning.progress import Progress

PLAIN_INTERVAL_S = 10.0


class Display(ABC):
    """Shows progress and passes messages on."""

    @abstractmethod
    def show(self, progress: Progress) -> None:
        """Show where the training stands."""

    @abstractmethod
    def say(self, message: str) -> None:
        """Tell one sentence."""


class PlainDisplay(Display):
    """One line every ten seconds, and one per evaluation."""

    def __init__(self) -> None:
        self._shown_s = -PLAIN_INTERVAL_S
        self._evaluation: Score | None = None

    def show(self, progress: Progress) -> None:
        """Print a line if one is due."""
        now_s = time.monotonic()
        is_news = progress.newest_evaluation is not self._evaluation
        if not is_news and now_s - self._shown_s < PLAIN_INTERVAL_S:
            return
        self._shown_s, self._evaluation = now_s, progress.newest_evaluation
        print(", ".join(f"{name} {value}" for name, value in rows(progress)), flush=True)

    def say(self, message: str) -> None:
        """Print it."""
        print(message, flush=True)


class LiveDisplay(Display):
    """A panel that is redrawn in place."""

    def __init__(self, live: Any, title: str) -> None:
        self._live = live
        self._title = title

    def show(self, progress: Progress) -> None:
        """Redraw."""
        from rich.panel import Panel
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim")
        table.add_column()
        for name, value in rows(progress):
            table.add_row(name, value)
        table.add_row("", ProgressBar(progress.num_steps, progress.env_step, width=40))
        self._live.update(Panel(table, title=self._title, expand=False))

    def say(self, message: str) -> None:
        """Print it above the panel."""
        self._live.console.print(message, markup=False, highlight=False)


@contextmanager
def open_display(title: str) -> Iterator[Display]:
    """Return the display that fits where the output goes."""
    from rich.console import Console

    console = Console()
    if not (console.is_terminal and sys.stdout.isatty()):
        print(title, flush=True)
        yield PlainDisplay()
        return
    from rich.live import Live

    # Redrawn by `show` alone: rich's own thread would take the interpreter from the loop.
    with Live(console=console, auto_refresh=False) as live:
        display = LiveDisplay(_Refreshing(live), title)
        yield display


class _Refreshing:
    """A `Live` that redraws at each update."""

    def __init__(self, live: Any) -> None:
        self._live = live
        self.console = live.console

    def update(self, renderable: Any) -> None:
        self._live.update(renderable, refresh=True)


def rows(progress: Progress) -> list[tuple[str, str]]:
    """Return names and values, the same for both displays."""
    rates = progress.rates
    lines = [
        ("step", f"{progress.env_step}/{progress.num_steps}"),
        ("return", "-" if progress.mean_return is None else f"{progress.mean_return:.1f}"),
        ("evaluation", score_text(progress.newest_evaluation)),
        ("best", score_text(progress.best)),
        ("speed", f"{rates.steps_per_s:.0f} steps/s and {rates.updates_per_s:.0f} updates/s"),
        ("time left", time_text(rates.time_left_s)),
    ]
    if progress.intervention_share:
        lines.append(("changed by the gate", f"{100 * progress.intervention_share:.1f} % of steps"))
    if progress.num_quarantined:
        lines.append(("quarantined", f"{progress.num_quarantined} steps with senseless numbers"))
    return lines


def score_text(score: Score | None) -> str:
    """Return a score in a few words."""
    if score is None:
        return "-"
    if score.success_rate is None:
        return f"return {score.mean_return:.1f}"
    return f"success {100 * score.success_rate:.0f} %"


def time_text(seconds: float | None) -> str:
    """Return a duration for people."""
    if seconds is None:
        return "-"
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    minutes = seconds / 60.0
    return f"{minutes:.0f} min" if minutes < 90.0 else f"{minutes / 60.0:.1f} h"
