"""The summary as rows of words: for the terminal, for `table.md` and for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .published import published_returns
from .statistics import LEVEL, Interval
from .summary import Aggregate, Row

SHORT_COMMIT = 9
NOTES = (
    f"IQM: mean of the middle half of the seeds (below four seeds, the mean). [{100 * LEVEL:.0f} %"
    " interval]: bootstrap over seeds, within tasks.",
    "Returns: the newest policy at the last step, deterministic, from fixed start states; first the"
    " mean over a run's episodes, then over seeds. CPU and wall seconds: of training, without"
    " evaluations, compiling and imports.",
)
SCHEDULE_NOTE = (
    "Schedules for fewer steps: a run was begun for as many, and made longer later. It kept the"
    " learning rates, and the weights of priorities, that it had reached by then; one begun for all"
    " of its steps may return something else."
)
AGGREGATE_NOTE = (
    "0 is a random policy's return, 1 that of TD3 after a million steps (published.yaml)."
)


@dataclass(frozen=True)
class Table:
    """Words in columns."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    num_main: int | None = None
    """Columns that a terminal has room for; the files have all."""


def tables(rows: Sequence[Row], aggregates: Sequence[Aggregate]) -> list[Table]:
    """Return what there is to tell: per task, over tasks, and what others published."""
    found = [_tasks(rows)]
    if aggregates:
        found.append(_aggregates(aggregates))
    if (published := _published(rows)).rows:
        found.append(published)
    return found


def to_markdown(all_tables: Sequence[Table]) -> str:
    """Return the tables as Markdown."""
    parts = ["# Benchmark\n"]
    for table in all_tables:
        lines = [f"## {table.title}\n", _line(table.header), _line(["---"] * len(table.header))]
        parts.append("\n".join([*lines, *map(_line, table.rows)]) + "\n")
        if table.note:
            parts.append(table.note + "\n")
    return "\n".join(parts)


def _tasks(rows: Sequence[Row]) -> Table:
    notes = [*NOTES, SCHEDULE_NOTE] if any(row.schedule_ends for row in rows) else NOTES
    header = ("task", "algorithm", "steps", "seeds", "mean", "IQM", "published", "CPU s", "wall s")
    return Table(
        "Returns",
        (*header, "episodes", "code"),
        tuple(_task(row) for row in rows),
        "\n\n".join(notes),
        num_main=8,
    )


def _task(row: Row) -> tuple[str, ...]:
    own = [p for p in published_returns(row.env, row.env_step) if p.algorithm == row.algo]
    return (
        row.env,
        row.label,
        _steps(row),
        f"{len(row.returns)}",
        _with_interval(row.figures.mean, row.figures.mean_interval),
        _with_interval(row.figures.iqm, row.figures.iqm_interval),
        ", ".join(number(entry.mean_return) for entry in own) or "-",
        f"{row.cpu_s:.0f}",
        f"{row.wall_s:.0f}",
        ", ".join(map(str, row.num_episodes)),
        ", ".join(_short(commit) for commit in row.commits),
    )


def _steps(row: Row) -> str:
    if not row.schedule_ends:
        return f"{row.env_step}"
    return f"{row.env_step}, schedules for {', '.join(map(str, row.schedule_ends))}"


def _aggregates(aggregates: Sequence[Aggregate]) -> Table:
    rows = tuple(
        (
            entry.label,
            f"{entry.env_step}",
            ", ".join(entry.envs),
            _with_interval(entry.figures.mean, entry.figures.mean_interval, 3),
            _with_interval(entry.figures.iqm, entry.figures.iqm_interval, 3),
        )
        for entry in aggregates
    )
    header = ("algorithm", "steps", "tasks", "mean", "IQM")
    return Table("All tasks, normalised", header, rows, AGGREGATE_NOTE)


def _published(rows: Sequence[Row]) -> Table:
    places = sorted({(row.env, row.env_step) for row in rows})
    entries = [entry for place in places for entry in published_returns(*place)]
    header = ("task", "algorithm", "steps", "return", "of", "read in")
    return Table(
        "Published for the same tasks and steps",
        header,
        tuple(
            (p.env, p.algorithm, f"{p.env_steps}", number(p.mean_return), p.paper, p.source)
            for p in entries
        ),
        num_main=5,
    )


def number(value: float, decimals: int | None = None) -> str:
    """Return a return with about four digits."""
    if decimals is None:
        decimals = 0 if abs(value) >= 1000.0 else 1 if abs(value) >= 10.0 else 2
    return f"{value:.{decimals}f}"


def _with_interval(value: float, interval: Interval | None, decimals: int | None = None) -> str:
    text = number(value, decimals)
    if interval is None:
        return text
    return f"{text} [{number(interval.lower, decimals)}, {number(interval.upper, decimals)}]"


def _short(commit: str) -> str:
    """Return a version's first letters; + for changed files, and both ends of `first..last`."""
    ends = commit.split("..")
    return "..".join(
        end if "-" in end else end[:SHORT_COMMIT] + "+" * end.endswith("+") for end in ends
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
