"""Measure what the project promises: `python tests/benchmarks/run.py path-d path-e [--quick]`.

Prints one JSON line per figure to stdout and progress to stderr. `path` takes every row of that
name, and so does `safety`. The rows of one call share one training; `--from` takes an earlier run's
instead. Exit status: 0 when everything that was measured holds, 1 when something does not, 2 for a
mistake in the arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for a caller that is not the command line
sys.path.insert(1, str(Path(__file__).parents[1] / "support"))  # bundles made in the process

from bench.context import Context
from bench.figure import Figure, failed

ROWS = {
    "path-a": "path_a",
    "path-b": "path_b",
    "path-c": "path_c",
    "path-d": "path_d",
    "path-e": "path_e",
    "path-f": "path_f",
    "path-g": "path_g",
    "path-h": "path_h",
    "path-i": "path_i",
    "path-j": "path_j",
    "path-k": "path_k",
    "learn-a": "learn_a",
    "learn-b": "learn_b",
    "learn-c": "learn_c",
    "learn-d": "learn_d",
    "learn-e": "learn_e",
    "learn-f": "learn_f",
    "learn-g": "learn_g",
    "learn-h": "learn_h",
    "learn-i": "learn_i",
    "live-a": "live_a",
    "live-b": "live_b",
    "live-c": "live_c",
    "live-d": "live_d",
    "live-e": "live_e",
    "live-f": "live_f",
    "live-g": "live_g",
    "live-h": "live_h",
    "live-i": "live_i",
    "live-j": "live_j",
    "live-k": "live_k",
    "safety-a": "safety_a",
    "safety-b": "safety_b",
    "safety-c": "safety_c",
    "safety-d": "safety_d",
    "safety-e": "safety_e",
    "safety-f": "safety_f",
    "safety-g": "safety_g",
    "safety-h": "safety_h",
    "safety-i": "safety_i",
    "safety-j": "safety_j",
    "safety-k": "safety_k",
    "safety-l": "safety_l",
}
"""Row to module; each has `measure(context) -> Iterator[Figure]`."""


def choose_rows(names: Sequence[str]) -> list[str]:
    """Return the rows meant by names and prefixes, each once, in the table's order.

    Raises:
        ValueError: A name fits no row.
    """
    chosen = set()
    for name in names:
        fitting = [row for row in ROWS if row == name or row.startswith(name + "-")]
        if not fitting:
            raise ValueError(
                f"no row {name!r}; there are {', '.join(ROWS)};"
                " path, safety, learn or live for all of theirs"
            )
        chosen.update(fitting)
    return [row for row in ROWS if row in chosen]


def measure(row: str, context: Context) -> Iterator[Figure]:
    """Yield a row's figures; a row that breaks down is a figure that does not hold."""
    try:
        yield from import_module(ROWS[row]).measure(context)
    except Exception as error:  # whatever it is, the other rows go on
        context.say(f"{row} broke down: {type(error).__name__}: {error}", error)
        yield failed(row, error)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments; leaves with status 2 for a mistake."""
    parser = argparse.ArgumentParser(
        prog="run.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "rows", nargs="+", metavar="ROW", help=f"{', '.join(ROWS)}, path, safety, learn or live"
    )
    parser.add_argument("--quick", action="store_true", help="fewer repeats; the figures say so")
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="report.json or run to start from"
    )
    parser.add_argument("--seed", type=int, default=0, help="of training and targets (default 0)")
    parser.add_argument("--out", type=Path, help="keep recordings and runs here")
    options = parser.parse_args(arguments)
    try:
        options.rows = choose_rows(options.rows)
        if options.source is not None and not options.source.exists():
            raise ValueError(f"--from {options.source}: no such file or folder")
    except ValueError as error:
        parser.error(str(error))
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    options = parse(arguments)
    holds = True
    context = Context(
        quick=options.quick, source=options.source, seed=options.seed, out=options.out
    )
    with context:
        for row in options.rows:
            context.say(f"{row} …")
            for figure in measure(row, context):
                print(figure.line(), flush=True)
                holds = holds and figure.holds is not False
    return 0 if holds else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
