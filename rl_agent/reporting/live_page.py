"""A run of live learning as one page: what it came to, episode by episode, version by version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from rl_agent.tasks.episode_summary import ROLLING_EPISODES

from . import live_figures
from .figures import commands, section
from .live_figures import GIVEN_UP
from .live_run import LiveRun
from .page import html_document
from .tables import table


def render_live(run: LiveRun) -> str:
    """Return the page."""
    body = "".join(
        (
            _header(run),
            _about(run),
            live_figures.returns(run),
            live_figures.successes(run),
            live_figures.versions(run),
            live_figures.limiter(run),
            live_figures.smoothness(run),
            live_figures.lag(run),
            _last_look(run),
            section(
                "How to go on",
                "In the folder that you started it from.",
                commands(run.next_steps),
            ),
            _settings(run),
        )
    )
    return html_document(f"Surefoot: {run.name} learned live", body)


def live_sentence(run: LiveRun) -> str:
    """Return what a run came to, in one sentence."""
    episodes = run.episodes
    if not episodes:
        return "No episode came to its end."
    last = episodes[-ROLLING_EPISODES:]
    mean = sum(float(e["return"]) for e in last) / len(last)
    minutes = run.minutes(episodes[-1]["env_step"])
    words = f"{len(episodes)} episodes in {minutes:.1f} minutes of the robot's time; the last"
    words += f" {len(last)} earned {mean:.1f} on average"
    if all("is_success" in e for e in last):
        words += f", {100.0 * sum(e['is_success'] for e in last) / len(last):.0f} % succeeded"
    if not run.swaps:
        return f"{words}. {run.num_published} versions were published." if run.metrics else words
    counts = {kind: run.count(kind) for kind in ("promoted", *GIVEN_UP)}
    return (
        f"{words}. {counts['promoted']} versions acted, {counts['refused']} were refused, "
        f"{counts['rolled_back']} rolled back."
    )


def _header(run: LiveRun) -> str:
    last = [e.get("is_success") for e in run.episodes[-ROLLING_EPISODES:]]
    mood = " good" if any(last) else ""
    return (
        f'<header><p class="kicker">Surefoot, live learning</p><h1>{escape(run.name)}</h1>'
        f'<p class="verdict{mood}">{escape(live_sentence(run))}</p></header>'
    )


def _about(run: LiveRun) -> str:
    rows = [*run.about, *_counts(run)]
    return section("The run", "Who learned what, and from how much.", table(rows)) if rows else ""


def _counts(run: LiveRun) -> Iterator[tuple[str, str]]:
    lived = run.lived
    if lived is not None:
        minutes = run.minutes(lived.num_steps)
        yield "lived through", f"{lived.num_steps} steps, {minutes:.1f} min"
        if lived.num_terminated and not run.verdicts:
            yield "falls", f"{lived.num_terminated} episodes ended by a fall, or the like"
        if lived.num_damaged:
            yield "damaged", f"{lived.num_damaged} steps of the journal, which are left out"
    if run.num_lost:
        yield "lost", f"{run.num_lost} steps, which the disk did not take in time"
    quarantined = [line["num_quarantined"] for line in run.metrics if "num_quarantined" in line]
    if quarantined and quarantined[-1]:
        yield "quarantined", f"{quarantined[-1]} steps with impossible figures, not learned from"
    for judge, (good, bad) in run.verdicts.items():
        yield f"judged by {judge}", f"{good} successes, {bad} failures"


def _last_look(run: LiveRun) -> str:
    means = "The panel's last figures; counts are since that process began."
    return section("As it ended", means, table(run.last_look)) if run.last_look else ""


def _settings(run: LiveRun) -> str:
    rows = list(_flat(run.settings))
    if not rows:
        return ""
    return f"<details><summary>All settings</summary>{table(rows)}</details>"


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
