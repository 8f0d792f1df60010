"""`bench.html`: tables and learning curves on one page that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from rl_agent.reporting.axis import Axis
from rl_agent.reporting.charts import Band, Frame, Layer, Line, draw_chart
from rl_agent.reporting.figures import figure, legend_item, section

from .summary import Curve
from .table import Table

STYLES = ("s1", "s2", "s4", "s5", "s6", "s3")


def render_page(all_tables: Sequence[Table], curves: Sequence[Curve]) -> str:
    """Return the page."""
    style = files("rl_agent.reporting").joinpath("style.css").read_text(encoding="utf-8")
    body = "".join([*map(_table, all_tables), _panels(curves)])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Surefoot: benchmark</title><style>{style}</style></head>"
        f"<body><main><h1>Benchmark</h1>{body}</main></body></html>\n"
    )


def _table(table: Table) -> str:
    head = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in table.header)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    content = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return section(table.title, table.note, f'<figure class="scroll">{content}</figure>')


def _panels(curves: Sequence[Curve]) -> str:
    if not curves:
        return ""
    labels = sorted({curve.label for curve in curves})
    styles = {label: STYLES[index % len(STYLES)] for index, label in enumerate(labels)}
    panels = "".join(
        _panel(env, [curve for curve in curves if curve.env == env], styles)
        for env in sorted({curve.env for curve in curves})
    )
    means = (
        "Interquartile mean of the seeds' evaluations on the way, with its 95 % bootstrap interval."
        " No line tells what a policy did between two evaluations."
    )
    return section("Learning curves", means, panels)


def _panel(env: str, curves: Sequence[Curve], styles: dict[str, str]) -> str:
    layers: list[Layer] = []
    values: list[float] = []
    for curve in curves:
        middle, intervals = curve.middle()
        steps = [float(step) for step in curve.env_steps]
        bounds = [(i.lower, i.upper) for i in intervals if i is not None]
        if bounds:
            lower, upper = zip(*bounds, strict=True)
            layers.append(Band(steps, lower, upper, styles[curve.label]))
            values += [*lower, *upper]
        layers.append(Line(steps, middle, styles[curve.label]))
        values += middle
    frame = Frame(
        title=env,
        description=f"Returns of {', '.join(curve.label for curve in curves)} over steps.",
        x=Axis.linear("environment steps", 0.0, float(max(c.env_steps[-1] for c in curves))),
        y=Axis.linear("return", min(values), max(values)),
    )
    entries = "".join(
        legend_item(styles[c.label], "disc", f"{c.label}, {_seeds(len(c.returns))}") for c in curves
    )
    return figure(f'<ul class="legend">{entries}</ul>{draw_chart(frame, layers)}', env)


def _seeds(count: int) -> str:
    return f"{count} seed{'s' if count != 1 else ''}"
