"""A training's health as one page: the verdict first, then its curves; nothing is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .axis import Axis
from .charts import Dots, Frame, Layer, Line, Rule, draw_chart
from .figures import figure, legend, section
from .health import CHANGE_BY, STEPS_BY, Finding, Level, Lines, limits_by_share, series
from .page import html_document
from .wording import LIMIT_NAMES

STYLES = ("s1", "s2", "s4", "s5", "s6", "s3")
Curve = tuple[str, str, float]
"""Key in the metrics, words for the legend, factor."""
STEPS = "steps of training"
NETWORKS = ("actor", "critic")
MOODS = {Level.OK: "good", Level.WATCH: "watch", Level.TROUBLE: "bad"}


def render_health(name: str, lines: Lines, findings: Sequence[Finding]) -> str:
    """Return the page of a run called `name`."""
    body = _header(name, findings) + _table(findings) + _returns(lines) + _values(lines)
    body += _units(lines) + _norms(lines) + _spread(lines) + _limits(lines)
    return html_document(f"Surefoot: health of {name}", body)


def worst(findings: Sequence[Finding]) -> Level:
    """Return the level of the worst finding."""
    return max((f.level for f in findings), key=list(Level).index, default=Level.OK)


def summary(findings: Sequence[Finding]) -> str:
    """Return the verdict on all, in one sentence."""
    named = {
        level: ", ".join(f.name for f in findings if f.level is level)
        for level in (Level.TROUBLE, Level.WATCH)
    }
    parts = [f"{level}: {names}" for level, names in named.items() if names]
    return "; ".join(parts).capitalize() + "." if parts else "All figures are well."


def _header(name: str, findings: Sequence[Finding]) -> str:
    mood = MOODS[worst(findings)]
    return (
        f'<header><p class="kicker">Surefoot, health of a training</p><h1>{escape(name)}</h1>'
        f'<p class="verdict {mood}">{escape(summary(findings))}</p></header>'
    )


def _table(findings: Sequence[Finding]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(f.name)}</th><td>{f.level}</td>"
        f"<td>{escape(f.sentence)}</td></tr>"
        for f in findings
    )
    means = "What the newest figures say, and what to do next. The bounds are rules of thumb."
    table = f"<table><tbody>{rows}</tbody></table>"
    return section("Verdict", means, f'<figure class="scroll">{table}</figure>')


def _returns(lines: Lines) -> str:
    practice, tests = (series(lines, *of) for of in (("return", "episode"), TESTS))
    both = practice[1] + tests[1]
    if not both:
        return ""
    frame = _frame("Return of an episode", lines, "return", both)
    layers: list[Layer] = [Dots(*practice, "s3", "ring")] if practice[1] else []
    layers += [Line(*tests, "s1"), Dots(*tests, "s1")]
    words = (("s1", "tests, without exploring"), ("s3", "practice"))
    means = "What an episode earns. Everything below is there to explain this curve."
    return section("Returns", means, figure(legend(words) + draw_chart(frame, layers), ""))


TESTS = ("mean_return", "evaluation")


def _values(lines: Lines) -> str:
    curves = [("q_mean", "what the critics expect", 1.0)]
    curves += [("discounted_return", "what came, discounted", 1.0)]
    bias = [("q_bias", "the former less the latter", 1.0)]
    relative = [("q_bias_relative", "the same, relative to returns", 100.0)]
    means = (
        "Both are averages over the same last steps. Where the first stays above the second, the"
        " critics promise what does not come, and the policy follows them."
    )
    panels = (
        _panel("Values and returns", lines, curves, "discounted return"),
        _panel("Overestimation", lines, bias, "discounted return"),
        _panel("Relative overestimation", lines, relative, "of the returns", unit=" %"),
    )
    return _section("Values and returns", means, panels)


def _units(lines: Lines) -> str:
    curves = [
        (f"{network}_{kind}_units", f"{network}: {words}", 100.0)
        for network in NETWORKS
        for kind, words in (("dormant", "hardly answer"), ("dead", "silent"))
    ]
    means = (
        "Hidden units that answer with less than 2.5 % of their layer's average, or never. Some are"
        " ordinary; many that grow in number mean that the network can learn less and less."
    )
    panel = _panel("Dormant units", lines, curves, "of all hidden units", unit=" %")
    return _section("Dormant units", means, [panel])


def _norms(lines: Lines) -> str:
    panels = [
        _panel(
            f"Norm of {what}s",
            lines,
            [(f"{network}_{what}_norm", network, 1.0) for network in NETWORKS],
            f"norm of {what}s",
            is_log=True,
        )
        for what in ("weight", "gradient")
    ]
    means = (
        "Weights that grow without end make each step smaller in relation; gradients that grow by"
        " powers of ten announce a training that falls apart. Gradients are of one batch."
    )
    return _section("Norms", means, panels)


def _spread(lines: Lines) -> str:
    words = "standard deviation over the critics"
    means = (
        "How far the critics differ about the same steps. They agree where there is enough data."
    )
    panels = (
        _panel(
            "Relative disagreement",
            lines,
            [("q_spread_relative", words, 100.0)],
            "of their values",
            unit=" %",
        ),
        _panel("Disagreement", lines, [("q_spread", words, 1.0)], "discounted return"),
    )
    return _section("Disagreement of critics", means, panels)


def _limits(lines: Lines) -> str:
    looks = [line for line in lines if line.get("kind") == "health"]
    full = [_with_zeros(look, looks) for look in looks]
    shares = sorted(pair[::-1] for look in full for pair in limits_by_share(look))
    top = list(dict.fromkeys(name for _, name in reversed(shares)))  # the largest share first
    means = (
        "In how many steps the safety gate changed what the policy asked for, and for which reason;"
        " then which limit's part the change of motion was, all of it being 100 %."
        " A policy that leans on limits moves as they let it, not as it learned."
    )
    # The same order in both: a reason keeps its colour.
    panels = [
        _panel(
            title,
            full,
            [(prefix + name.lower(), _reason_name(name), 100.0) for name in top],
            label,
            unit=" %",
        )
        for title, prefix, label in (
            ("Steps by reason", STEPS_BY, "of the steps"),
            ("Change by limit", CHANGE_BY, "of all change"),
        )
    ]
    return _section("Reliance on limits", means, panels)


def _with_zeros(look: Mapping[str, Any], looks: Lines) -> Mapping[str, Any]:
    """Return a look in which limits that did nothing, and so were not noted, are 0.

    Where nothing was changed at all there is nothing to have a part in.
    """
    prefixes = [STEPS_BY]
    if any(key.startswith(CHANGE_BY) for key in look):
        prefixes.append(CHANGE_BY)
    keys = {key for other in looks for key in other if key.startswith(tuple(prefixes))}
    return dict.fromkeys(keys, 0.0) | dict(look)


def _reason_name(name: str) -> str:
    return LIMIT_NAMES.get(name, name.replace("_", " ").lower())


def _section(title: str, means: str, panels: Sequence[str]) -> str:
    return section(title, means, "".join(panels)) if any(panels) else ""


def _panel(
    title: str,
    lines: Lines,
    curves: Sequence[Curve],
    label: str,
    *,
    unit: str = "",
    is_log: bool = False,
) -> str:
    layers: list[Layer] = []
    words, values = [], [0.0] if unit else []
    for style, (key, name, factor) in zip(STYLES, curves, strict=False):
        # A logarithm has no place for a zero: that point is left out, not its curve.
        points = [(at, factor * y) for at, y in zip(*series(lines, key), strict=True)]
        points = [point for point in points if not is_log or point[1] > 0.0]
        if points:
            x, y = zip(*points, strict=True)
            layers += [Line(x, y, style), Dots(x, y, style)]
            words.append((style, name))
            values += y
    if not layers:
        return ""
    frame = _frame(title, lines, label, values, unit=unit, is_log=is_log)
    if frame.y.lower < 0.0 < frame.y.upper:
        layers.insert(0, Rule("", y=0.0))
    return figure(legend(words) + draw_chart(frame, layers), "")


def _frame(
    title: str,
    lines: Lines,
    label: str,
    values: Sequence[float],
    *,
    unit: str = "",
    is_log: bool = False,
) -> Frame:
    low, high = min(values), max(values)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    if is_log:
        y = Axis.logarithmic(label, low / 1.5, high * 1.5)
    else:
        y = Axis.linear(label, low if unit else low - margin, high + margin, unit=unit)
    last = max(float(line["env_step"]) for line in lines)
    return Frame(
        title=title,
        description=f"From {low:.3g} to {high:.3g}{unit} over {last:.0f} steps.",
        x=Axis.linear(STEPS, 0.0, last),
        y=y,
        height=260.0,
    )
