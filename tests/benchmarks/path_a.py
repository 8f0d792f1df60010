"""A newcomer's first command: `make demo` on a fresh clone, installs included."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_most, equal, reported

DEMO_MINUTES = 12.0
TRAINING_MINUTES = 3.0


def measure(context: Context) -> Iterator[Figure]:
    """Yield the whole time, the training's share of it, and what was downloaded."""
    clone = context.clone()
    quick = ["ARGS=--quick"] if context.quick else []
    demo = clone.make("demo", *quick)
    setup = clone.read_json(".venv/setup.json")
    report = clone.read_json("runs/demo/report.json")
    stages = ", ".join(f"{s['name']} {s['seconds']:.0f} s" for s in report.get("stages", ()))
    detail = f"set-up {setup.get('seconds')} s; {stages}{context.quick_words('pip cache allowed')}"
    seconds = clone.seconds + demo.seconds
    yield equal("path-a.exit", demo.status, 0, "status", _last_line(demo.log.read_text()))
    yield at_most("path-a.demo", seconds / 60.0, DEMO_MINUTES, "min", detail)
    training = (report.get("training") or {}).get("seconds", float("nan"))
    yield at_most("path-a.training", training / 60.0, TRAINING_MINUTES, "min", detail)
    for kind in ("downloaded", "cached", "local"):
        size = setup.get(f"{kind}_bytes", float("nan")) / 1e6
        yield reported(f"path-a.{kind}", size, "MB", "by the set-up, from pip's log")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
