"""Tries rows one after the other, tells how each goes, and writes the table."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rl_agent.exceptions import Problem, ProblemsError

from .context import FaultContext
from .outcome import FaultRow, Outcome, Verdict
from .registry import ROWS

SCHEMA_VERSION = 1
MARKS = {Verdict.PASSED: "passed", Verdict.FAILED: "FAILED", Verdict.NOT_TRIED: "not tried"}


def choose_rows(numbers: Sequence[int]) -> list[FaultRow]:
    """Return the rows with these numbers, all where none are named.

    Raises:
        ProblemsError: There is no such row.
    """
    known = {row.number for row in ROWS}
    unknown = [number for number in numbers if number not in known]
    if unknown:
        text = f"no row {', '.join(map(str, unknown))}; `surefoot faults --list` names them"
        raise ProblemsError("surefoot faults", [Problem("--row", text)])
    return [row for row in ROWS if not numbers or row.number in numbers]


def list_rows(rows: Sequence[FaultRow]) -> None:
    """Print numbers, faults and requirements."""
    for row in sorted(rows, key=lambda row: row.number):
        print(f"{row.number:3d}  {row.title}\n     → {row.requirement}")


def run_rows(
    rows: Sequence[FaultRow],
    *,
    quick: bool,
    out: Path,
    seed: int = 0,
    soak_min: float | None = None,
    domain: int | None = None,
) -> int:
    """Try rows; return 0, 1 where one failed, 130 where somebody interrupted."""
    out = out.absolute()
    _make_folder(out)
    results: list[dict[str, Any]] = []
    status = 0
    with _ctrl_c():
        try:
            with FaultContext(
                quick=quick, say=_say, seed=seed, soak_min=soak_min, folder=out / "fault_logs"
            ) as context:
                if domain is not None:
                    context.domain = domain
                for row in rows:
                    results.append(_try(row, context))
        except KeyboardInterrupt:
            status = 130
    _write(out / "faults.json", results, quick)
    failed = [r["number"] for r in results if r["verdict"] == Verdict.FAILED]
    _summarise(results, out, is_whole=status == 0)
    return status or (1 if failed else 0)


def _try(row: FaultRow, context: FaultContext) -> dict[str, Any]:
    """Run one row; whatever goes wrong in it is a failure of that row alone."""
    _say(f"{row.number}. {row.title} …")
    started_s = time.monotonic()
    try:
        outcome = row.run(context)
    except Exception as error:
        context.close_rig()
        outcome = Outcome(Verdict.FAILED, "", f"broke down: {type(error).__name__}: {error}")
    seconds = time.monotonic() - started_s
    words = " · ".join(part for part in (outcome.figure, outcome.detail) if part)
    print(f"{row.number:3d}  {MARKS[outcome.verdict]:9s}  {row.title}", flush=True)
    print(f"     required: {row.requirement}\n     {words}", flush=True)
    return row.as_json(outcome, seconds)


def _write(path: Path, results: Sequence[dict[str, Any]], quick: bool) -> None:
    rows = sorted(results, key=lambda result: int(result["number"]))
    content = {"schema_version": SCHEMA_VERSION, "quick": quick, "rows": rows}
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)


def _summarise(results: Sequence[dict[str, Any]], out: Path, *, is_whole: bool) -> None:
    counts = {
        mark: sum(r["verdict"] == verdict for r in results) for verdict, mark in MARKS.items()
    }
    told = ", ".join(f"{count} {mark}" for mark, count in counts.items() if count)
    begun = "" if is_whole else "interrupted: "
    print(f"\n{begun}{told or 'nothing tried'}; {out / 'faults.json'}", flush=True)


def _say(text: str) -> None:
    print(f"[faults] {text}", file=sys.stderr, flush=True)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "faults.json").unlink(missing_ok=True)
        shutil.rmtree(out / "fault_logs", ignore_errors=True)
    except OSError as error:
        text = f"{out} cannot be written: {error.strerror}"
        raise ProblemsError("surefoot faults", [Problem("--out", text)]) from error


@contextmanager
def _ctrl_c() -> Iterator[None]:
    """Take SIGINT and SIGTERM once; cleaning up is not cut short by a second one."""

    def interrupt(number: int, frame: object) -> None:
        del number, frame
        for known in previous:
            signal.signal(known, signal.SIG_IGN)
        raise KeyboardInterrupt

    previous: dict[int, Callable[..., Any] | int | None] = {
        n: signal.signal(n, interrupt) for n in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
