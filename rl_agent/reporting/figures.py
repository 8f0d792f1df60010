"""The figures of the page: each takes the report and returns a section, or nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from .axis import Axis
from .charts import Bars, Dots, Frame, Layer, Line, Rule, draw_chart, mark
from .report import CommandShares, LearningPoint, ReachSeries, Report, SmoothnessFigures, Trial
from .wording import (
    CONTROLLER_MEANINGS,
    CONTROLLER_NAMES,
    CONTROLLER_STYLES,
    count,
    grouped,
    percent,
)

JOINT_STYLES = ("s1", "s2", "s4", "s5", "s6", "s3")
SMALLEST_MM = 0.5
"""Where the error axis begins: less than this is as good as none."""


def learning_curve(report: Report) -> str:
    """Return success over practice steps."""
    training = report.training
    if training is None or not training.curve:
        return ""
    steps, shares = _curve(training.curve)
    last = training.curve[-1]
    frame = Frame(
        title="Learning curve",
        description=f"From {shares[0]:.0f} % at step {steps[0]:.0f} to {shares[-1]:.0f} %"
        f" at step {steps[-1]:.0f}.",
        x=Axis.linear("practice steps in the twin", 0.0, max(steps)),
        y=Axis.linear("targets reached", 0.0, 100.0, unit=" %"),
    )
    labels = [f"step {p.env_step}: {percent(p.success_share)}" for p in training.curve]
    layers: list[Layer] = [Line(*_curve(training.practice), "s3")] if training.practice else []
    layers += [Line(steps, shares, "s1"), Dots(steps, shares, "s1", labels=labels)]
    means = (
        "While it practises, the arm tries things out, and misses more often than it could. Now and"
        " then it was tested in earnest, on targets it had not seen. A curve that climbs and stays"
        " up means that it learned to reach, not a few targets by heart."
    )
    names = (("s1", "tests on fresh targets"), ("s3", "practice"))
    caption = (
        f"{percent(last.success_share)} of the test targets after"
        f" {count(training.env_steps, 'step')} of practice and"
        f" {count(training.gradient_steps, 'improvement')} of the network,"
        f" in {training.seconds:.0f} s."
    )
    return section(
        "How it learned", means, figure(legend(names) + draw_chart(frame, layers), caption)
    )


def _curve(points: Sequence[LearningPoint]) -> tuple[list[float], list[float]]:
    steps = [float(point.env_step) for point in points]
    return steps, [100.0 * point.success_share for point in points]


def reach_errors(report: Report) -> str:
    """Return the final error of every trial of every controller."""
    if not report.series:
        return ""
    tolerance_mm = 1e3 * report.tolerance_m
    most = max(len(series.trials) for series in report.series)
    frame = Frame(
        title="Distance to the target at the end of each attempt",
        description="; ".join(_series_in_words(series) for series in report.series) + ".",
        x=Axis.linear("target", 0.5, most + 0.5),
        y=Axis.logarithmic("distance left [mm]", SMALLEST_MM, 600.0),
        height=330.0,
    )
    layers: list[Layer] = [Rule(f"counts as reached: {tolerance_mm:.0f} mm", y=tolerance_mm)]
    layers += [_trial_dots(series) for series in reversed(report.series)]
    means = (
        f"Each mark is one target: how far the tip was from it at the end. A target counts as"
        f" reached when the tip stays within {tolerance_mm:.0f} mm for {report.hold_s:g} s, inside"
        f" {report.limit_s:g} s. The lower, the better."
    )
    chart = _legend(report) + draw_chart(frame, layers)
    return section("Did it reach?", means, figure(chart, "") + _reach_table(report))


def command_limits(report: Report) -> str:
    """Return a stretch of commands as shares of what the profile allows."""
    commands = report.commands
    if commands is None or commands.stretch is None:
        return ""
    stretch = commands.stretch
    panels = "".join(
        _share_panel(stretch, *panel)
        for panel in (
            ("position", "of the joint's range", stretch.position),
            ("speed", "of the top speed", stretch.velocity),
            ("acceleration", "of the top acceleration", stretch.acceleration),
        )
    )
    broken = sum(commands.violations.values())
    means = (
        "What the motors were told, joint by joint; the dashed lines at ±100 % are the limits of"
        f" the robot's profile. Of {grouped(commands.num_ticks)} recorded commands"
        f" {broken or 'none'} lay outside them."
    )
    items = "".join(
        legend_item(style, "disc", name.replace("_", " "))
        for name, style in zip(stretch.joints, JOINT_STYLES, strict=False)
    )
    legend = f'<ul class="legend">{items}</ul>'
    return section("Commands against limits", means, f"<figure>{legend}{panels}</figure>")


def smoothness(report: Report) -> str:
    """Return how smooth each controller was, in numbers."""
    if not report.smoothness:
        return ""
    rows = "".join(_smoothness_row(figures) for figures in report.smoothness)
    heads = ("turns per second", "energy above 5 Hz", "speed while standing")
    head = "".join(f"<th scope='col' class='number'>{text}</th>" for text in heads)
    means = (
        "Shaking wears gears out. The ideal is the smoothest possible motion between the same poses"
        " that arrives as fast (minimum jerk, which is how a human arm moves). Turns count how"
        " often joints change direction; energy above 5 Hz is what is felt as shaking."
    )
    table = f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"
    tables = f'<figure class="scroll">{table}</figure>'
    return section("Smoothness", means, _speed_example(report) + tables)


def latency(report: Report) -> str:
    """Return the histogram of the time from reading to command."""
    timing = report.timing
    if timing is None or not timing.latencies_ms:
        return ""
    values = np.array(timing.latencies_ms)
    median, p99 = np.quantile(values, [0.5, 0.99])
    upper = float(max(6.0, 1.5 * p99))
    counts, edges = np.histogram(np.minimum(values, upper), bins=48, range=(0.0, upper))
    frame = Frame(
        title="Time from reading to command",
        description=f"Half within {median:.1f} ms, 99 % within {p99:.1f} ms.",
        x=Axis.linear("milliseconds", 0.0, upper),
        y=Axis.linear("commands", 0.0, float(counts.max()) * 1.05),
        height=240.0,
    )
    layers: list[Layer] = [
        Bars(edges.tolist(), counts.tolist(), "s1"),
        Rule(f"half: {median:.1f} ms", x=float(median), is_left=True),
        Rule(f"99 %: {p99:.1f} ms", x=float(p99)),
    ]
    means = (
        "From the moment the joint angles appear on the network to the moment the command computed"
        " from them appears: three processes take part. Short and even is what keeps an arm calm."
    )
    beyond = int(np.sum(values > upper))
    caption = (
        f"{count(len(values), 'command')}. The policy runs at {timing.policy_hz:g} Hz, with"
        f" {percent(timing.policy_late_share)} of its intervals more than half a period late;"
        f" the safety process at {timing.gate_hz:g} Hz, with {percent(timing.gate_late_share)}."
        + (
            f" {count(beyond, 'value')} beyond the right edge stand in the last bar."
            if beyond
            else ""
        )
    )
    return section("Reaction time", means, figure(draw_chart(frame, layers), caption))


def section(title: str, means: str, body: str) -> str:
    """Return a heading, one sentence on what it means, and the content."""
    anchor = "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c == "-")
    return (
        f'<section id="{anchor}"><h2>{escape(title)}</h2>'
        f'<p class="means">{escape(means)}</p>{body}</section>'
    )


def figure(content: str, caption: str) -> str:
    """Return a framed figure."""
    words = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{words}{content}</figure>"


def commands(steps: Sequence[tuple[str, str]]) -> str:
    """Return what to type next, each with why."""
    return "".join(f"<p>{escape(why)}</p><pre>{escape(what)}</pre>" for why, what in steps)


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Return a list of styles and what they stand for."""
    items = "".join(legend_item(style, "disc", words) for style, words in entries)
    return f'<ul class="legend">{items}</ul>'


def _smoothness_row(figures: SmoothnessFigures) -> str:
    turns = _beside(figures.sign_changes_per_s, figures.reference_sign_changes_per_s, ".2f")
    energy = _beside(figures.energy, figures.reference_energy, ".2g", " rad²/s")
    return (
        f"<tr><th scope='row'>{CONTROLLER_NAMES[figures.key]}</th>"
        f"<td class='number'>{turns}</td><td class='number'>{energy}</td>"
        f"<td class='number'>{figures.rest_speed:.3f} rad/s</td></tr>"
    )


def _beside(value: float, ideal: float, form: str, unit: str = "") -> str:
    times = f"{value / ideal:.1f} × the ideal" if ideal else f"ideal: {ideal:g}"
    return f"{value:{form}}{unit}<br><small>{times}</small>"


def _speed_example(report: Report) -> str:
    example = report.speed_example
    if example is None:
        return ""
    highest = max(max(example.speed), max(example.ideal))
    frame = Frame(
        title="Speed during one reach",
        description="The commanded joint speed rises and falls beside the ideal one.",
        x=Axis.linear("seconds after the target was given", 0.0, example.time_s[-1]),
        y=Axis.linear("joint speed [rad/s]", 0.0, 1.05 * highest),
        height=220.0,
    )
    chart = draw_chart(
        frame,
        [Line(example.time_s, example.ideal, "s3"), Line(example.time_s, example.speed, "s1")],
    )
    words = (("s1", "commanded by the trained policy"), ("s3", "ideal for the same reach"))
    return figure(legend(words) + chart, "")


def _trial_dots(series: ReachSeries) -> Dots:
    style, shape = CONTROLLER_STYLES[series.key]
    errors = [max(SMALLEST_MM, 1e3 * trial.final_error_m) for trial in series.trials]
    labels = [
        f"{CONTROLLER_NAMES[series.key]}, target {number}: {_trial_in_words(trial)}"
        for number, trial in enumerate(series.trials, start=1)
    ]
    return Dots([i + 1.0 for i in range(len(errors))], errors, style, shape, labels)


def _trial_in_words(trial: Trial) -> str:
    error = f"{1e3 * trial.final_error_m:.0f} mm"
    if trial.is_success and trial.time_to_target_s is not None:
        return f"reached after {trial.time_to_target_s:.2f} s, {error} at the end"
    return f"missed, {error} away at the end"


def _series_in_words(series: ReachSeries) -> str:
    name = CONTROLLER_NAMES[series.key]
    return f"{name}: {series.num_successes} of {len(series.trials)} targets reached"


def _reach_table(report: Report) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{CONTROLLER_NAMES[s.key]}</th>"
        f"<td class='number'>{s.num_successes} of {len(s.trials)}</td>"
        f"<td class='number'>{'–' if s.median_time_s is None else f'{s.median_time_s:.2f} s'}</td>"
        f"<td>{CONTROLLER_MEANINGS[s.key]}</td></tr>"
        for s in report.series
    )
    head = (
        "<td></td><th scope='col' class='number'>reached</th>"
        "<th scope='col' class='number'>median time</th><th scope='col'>what it is</th>"
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<figure class="scroll">{table}</figure>'


def _share_panel(
    stretch: CommandShares, name: str, unit: str, values: tuple[tuple[float, ...], ...]
) -> str:
    largest = max(max(map(abs, row), default=0.0) for row in values)
    frame = Frame(
        title=f"Commanded {name}",
        description=f"Per joint, in per cent {unit}; the largest is {percent(largest)}.",
        x=Axis.linear("seconds", stretch.time_s[0], stretch.time_s[-1]),
        y=Axis.linear(name, -115.0, 115.0, unit=" %"),
        height=190.0,
    )
    layers: list[Layer] = [Rule(f"limit: 100 % {unit}", y=100.0), Rule("", y=-100.0)]
    layers += [
        Line(stretch.time_s, [100.0 * value for value in row], style)
        for row, style in zip(values, JOINT_STYLES, strict=False)
    ]
    return draw_chart(frame, layers)


def _legend(report: Report) -> str:
    items = "".join(
        legend_item(*CONTROLLER_STYLES[series.key], CONTROLLER_NAMES[series.key])
        for series in report.series
    )
    return f'<ul class="legend">{items}</ul>'


def legend_item(style: str, shape: str, words: str) -> str:
    """Return one entry of a legend: a mark and what it stands for."""
    key = (
        f'<svg class="key" viewBox="0 0 14 14" aria-hidden="true">{mark(shape, style, 7, 7)}</svg>'
    )
    return f"<li>{key}{escape(words)}</li>"
