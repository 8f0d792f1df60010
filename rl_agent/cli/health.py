"""`surefoot health`: does a training go well, and if not, what is it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rl_agent.reporting.health import Finding

PAGE = "health.html"
COLOURS = {"ok": "green", "watch": "yellow", "trouble": "bold red"}


def health_verb(
    run_dir: Annotated[Path, typer.Argument(help="The run's folder; it may still be running.")],
) -> None:
    """Tell how a training is: overestimation, dormant units, norms, spread, limits.

    Prints one sentence per figure and writes RUN_DIR/health.html with the curves.

    Example: `surefoot health runs/reach`.
    """
    from rl_agent.exceptions import ReportError
    from rl_agent.learning.metrics import read_metrics
    from rl_agent.reporting.health import judge
    from rl_agent.reporting.health_page import render_health

    lines = read_metrics(run_dir)
    if not any(line["kind"] == "health" for line in lines):
        raise ReportError(
            f"{run_dir}: no health figures yet; a training notes them every `health_every` steps,"
            " by default 1000, once it updates its networks"
        )
    findings = judge(lines)
    page = run_dir / PAGE
    page.write_text(render_health(run_dir.resolve().name, lines, findings), encoding="utf-8")
    _print_table(findings)
    typer.echo(f"Curves: {page}")


def _print_table(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("figure", "verdict", "what it means")
    for found in findings:
        table.add_row(found.name, Text(found.level, style=COLOURS[found.level]), found.sentence)
    Console(highlight=False).print(table)
