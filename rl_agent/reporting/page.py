"""report.json to report.html: one file, nothing loaded from anywhere, light and dark."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from importlib.resources import files

from . import figures
from .intervention_table import interventions
from .report import Report
from .verdict import is_good, tiles, verdict
from .wording import duration


def render_page(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Return the page.

    Args:
        report: What was measured.
        pictures: PNG by file name, for the pictures that the report names.
    """
    body = "".join(
        (
            _header(report),
            tiles(report),
            _stages(report),
            _pictures(report, pictures),
            figures.learning_curve(report),
            figures.reach_errors(report),
            figures.command_limits(report),
            figures.smoothness(report),
            figures.latency(report),
            interventions(report),
            _next_steps(report),
            _fine_print(report),
        )
    )
    return html_document(f"Surefoot: {report.robot} learns to {report.task}", body)


def html_document(title: str, body: str) -> str:
    """Return a whole page around `body`, which is HTML; `title` is text."""
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _header(report: Report) -> str:
    mood = "good" if is_good(report) else "bad"
    quick = " This was a quick run: fewer targets, rougher figures." if report.is_quick else ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    return (
        f'<header><p class="kicker">Surefoot demonstration, {escape(report.created)}</p>'
        f"<h1>{escape(_short(report))}: learned to {escape(report.task)} in its twin,"
        " then driven over ROS 2</h1>"
        '<p class="lead">A simulated copy of the arm (its twin) practised reaching until a small'
        " neural network (the policy) could do it. The network was then put to work the way it"
        " would be on the real arm: in a process of its own, over ROS 2 messages, with a separate"
        f" safety process between it and the motors.{quick}</p>"
        f'<p class="verdict {mood}">{escape(verdict(report))}</p></header>'
        + (f"<ul>{notes}</ul>" if notes else "")
    )


def _short(report: Report) -> str:
    return report.description.split(",")[0]


def _stages(report: Report) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(stage.name)}</th><td>{escape(stage.summary)}</td>"
        f"<td class='number'>{duration(stage.seconds)}</td></tr>"
        for stage in report.stages
    )
    if not rows:
        return ""
    means = (
        "Every step ran on this machine; nothing was read from an earlier run unless it says so."
    )
    table = f"<table><tbody>{rows}</tbody></table>"
    return figures.section("What was done", means, f'<figure class="scroll">{table}</figure>')


def _pictures(report: Report, pictures: Mapping[str, bytes]) -> str:
    shown = "".join(
        f'<figure><img alt="{escape(picture.alt)}"'
        f' src="data:image/png;base64,{b64encode(pictures[picture.file]).decode()}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
        for picture in report.pictures
        if picture.file in pictures
    )
    if not shown:
        return ""
    means = "The twin as the trained policy moved it to one of the targets (the small ball)."
    return figures.section("What it looks like", means, f'<div class="pictures">{shown}</div>')


def _next_steps(report: Report) -> str:
    steps = (
        (
            "Do it all again, with other random numbers:",
            f"surefoot demo --seed {report.seed + 1} --out {report.folder}-{report.seed + 1}",
        ),
        (
            "Start the processes and leave them running, to try ROS tools on them:",
            f"surefoot up twin --robot {report.robot} --bundle {report.folder}/bundle",
        ),
        ("Train longer, or with other settings:", "surefoot train --help"),
        (
            "See what differs between a profile and its twin:",
            f"surefoot robot check {report.robot}",
        ),
    )
    means = (
        "Every command tells more with --help. In a checkout of the project, type"
        " . .venv/bin/activate first."
    )
    return figures.section("How to go on", means, figures.commands(steps))


def _fine_print(report: Report) -> str:
    entries = {
        "robot": f"{report.robot} ({report.description})",
        "seed": str(report.seed),
        **report.machine,
        **report.versions,
    }
    rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in entries.items())
    return (
        f"<footer><dl>{rows}</dl><p>All figures stand in <code>report.json</code> beside this page."
        " The safety process guards against mistakes; it is not a certified safety system, and a"
        " real arm needs an emergency stop that cuts its power.</p></footer>"
    )
