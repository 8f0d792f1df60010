"""The fault table: `surefoot faults` in a process of its own, one figure per row."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure

from rl_agent.child import Child
from surefoot_nodes.graph_process import CLI

PASSED, NOT_TRIED = "passed", "not tried"


def measure(context: Context) -> Iterator[Figure]:
    """Yield each row of the table."""
    out = context.folder / "fault_table"
    words = ["faults", "--out", str(out), "--seed", str(context.seed)]
    words += ["--quick"] if context.quick else []
    child = Child([*CLI, *words, "--domain", str(context.domain)], log=out.with_suffix(".log"))
    try:
        child.wait()
    finally:
        child.stop(10.0)
    rows = json.loads((out / "faults.json").read_text(encoding="utf-8"))["rows"]
    for row in rows:
        verdict = row["verdict"]
        told = " · ".join(filter(None, (row["figure"], row["detail"])))
        detail = f"{row['fault']}: {row['requirement']}. {told}" + context.quick_words()
        # A row that cannot be tried says why, and counts as no failure.
        holds = None if verdict == NOT_TRIED else verdict == PASSED
        name = f"safety-k.row_{row['number']:02d}"
        yield Figure(name, verdict, "", f"{PASSED}, or {NOT_TRIED} and why", holds, detail)
    print(f"[benchmark] {len(rows)} rows of the fault table", file=sys.stderr)
