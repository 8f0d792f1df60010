"""Figures of something that runs for long: a panel in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

PLAIN_INTERVAL_S = 10.0

Rows = Sequence[tuple[str, str]]
"""Names and values."""


class Display(ABC):
    """Shows figures and passes messages on."""

    @abstractmethod
    def show(self, rows: Rows, share: float | None = None, *, is_news: bool = False) -> None:
        """Show how things stand.

        Args:
            rows: Names and values.
            share: Of the whole that is done, 0 to 1; None where there is no end in sight.
            is_news: Whether something is worth a line that would not be due yet.
        """

    @abstractmethod
    def say(self, message: str) -> None:
        """Tell one sentence."""


class PlainDisplay(Display):
    """One line every ten seconds, and one for what is news."""

    def __init__(self) -> None:
        self._shown_s = -PLAIN_INTERVAL_S

    def show(self, rows: Rows, share: float | None = None, *, is_news: bool = False) -> None:
        """Print a line if one is due."""
        del share
        now_s = time.monotonic()
        if not is_news and now_s - self._shown_s < PLAIN_INTERVAL_S:
            return
        self._shown_s = now_s
        print(" | ".join(f"{name} {value}" for name, value in rows), flush=True)

    def say(self, message: str) -> None:
        """Print it."""
        print(message, flush=True)


class LiveDisplay(Display):
    """A panel that is redrawn in place."""

    def __init__(self, live: Any, title: str) -> None:
        self._live = live
        self._title = title

    def show(self, rows: Rows, share: float | None = None, *, is_news: bool = False) -> None:
        """Redraw."""
        del is_news
        from rich.panel import Panel
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim")
        table.add_column()
        for name, value in rows:
            table.add_row(name, value)
        if share is not None:
            table.add_row("", ProgressBar(1.0, share, width=40))
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
        yield LiveDisplay(_Refreshing(live), title)


class _Refreshing:
    """A `Live` that redraws at each update."""

    def __init__(self, live: Any) -> None:
        self._live = live
        self.console = live.console

    def update(self, renderable: Any) -> None:
        self._live.update(renderable, refresh=True)
