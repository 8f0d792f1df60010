"""Writes what the results say: `table.md` and `bench.html`."""

from __future__ import annotations

from pathlib import Path

from rl_agent.data.disk import write_durably

from .page import render_page
from .results import read_results
from .summary import aggregate, curves, summarize
from .table import Table, tables, to_markdown

TABLE_FILE = "table.md"
PAGE_FILE = "bench.html"


def write_summary(out: Path) -> list[Table]:
    """Write both files from `results.jsonl`; return the tables, empty without results."""
    lines = read_results(out)
    rows = summarize(lines)
    if not rows:
        return []
    found = tables(rows, aggregate(rows))
    write_durably(out / TABLE_FILE, to_markdown(found).encode())
    write_durably(out / PAGE_FILE, render_page(found, curves(lines)).encode())
    return found
