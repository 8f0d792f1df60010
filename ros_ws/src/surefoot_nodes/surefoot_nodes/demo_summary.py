"""The demonstration's last words on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rl_agent.reporting.report import Report
from rl_agent.reporting.verdict import is_good, verdict
from rl_agent.reporting.wording import CONTROLLER_NAMES

if TYPE_CHECKING:
    from rich.console import Console


def print_summary(console: Console, report: Report, page: Path) -> bool:
    """Print outcome, table and the way to the report; return whether it worked."""
    from rich.table import Table

    table = Table("driven by", "reached", "median time")
    for series in report.series:
        time_s = series.median_time_s
        reached = f"{series.num_successes} of {len(series.trials)}"
        words = "-" if time_s is None else f"{time_s:.2f} s"
        table.add_row(CONTROLLER_NAMES[series.key], reached, words)
    good = is_good(report)
    console.print()
    console.print(table)
    console.print(verdict(report), style="bold green" if good else "bold red")
    for note in report.notes:
        console.print(note, markup=False)
    console.print(f"The report: {page.absolute()}", markup=False)
    return good
