"""A run of live learning as one page: what it came to, episode by episode, version by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .axis import Axis
from .charts import Dots, Frame, Layer, Line, draw_chart
from .figures import commands, figure, legend, section
from .page import html_document

Lines = Sequence[Mapping[str, Any]]
"""Of metrics.jsonl and swaps.jsonl."""
ROLLING = 20
"""Episodes in a rolling mean."""
MINUTES = "minutes of the robot's time"
GIVEN_UP = ("refused", "rolled_back")
MOST_ROWS = 30


def render_live(run: str, metrics: Lines, swaps: Lines, policy_hz: float) -> str:
    """Return the page.

    Args:
        run: Its folder, as typed.
        metrics: Its figures, in order.
        swaps: What became of each version, in order.
        policy_hz: Steps per second of the robot's time.
    """
    episodes = [line for line in metrics if line.get("kind") == "episode"]
    minutes = [float(e["env_step"]) / policy_hz / 60.0 for e in episodes]
    name = run.rstrip("/").rpartition("/")[2]
    body = _header(name, episodes, minutes, swaps)
    body += _returns(episodes, minutes) + _successes(episodes, minutes)
    body += _versions(swaps) + _learner(metrics, policy_hz) + _next(run)
    return html_document(f"Surefoot: {name} learned live", body)


def live_sentence(episodes: Lines, minutes: Sequence[float], swaps: Lines) -> str:
    """Return what a run came to, in one sentence."""
    if not episodes:
        return "No episode came to its end."
    last = episodes[-ROLLING:]
    mean = sum(float(e["return"]) for e in last) / len(last)
    words = f"{len(episodes)} episodes in {minutes[-1]:.1f} minutes of the robot's time; the last"
    words += f" {len(last)} earned {mean:.1f} on average"
    if all("is_success" in e for e in last):
        words += f", {100.0 * sum(e['is_success'] for e in last) / len(last):.0f} % succeeded"
    counts = {kind: _count(swaps, kind) for kind in ("promoted", *GIVEN_UP)}
    return (
        f"{words}. {counts['promoted']} versions acted, {counts['refused']} were refused, "
        f"{counts['rolled_back']} rolled back."
    )


def _header(name: str, episodes: Lines, minutes: Sequence[float], swaps: Lines) -> str:
    sentence = live_sentence(episodes, minutes, swaps)
    return (
        f'<header><p class="kicker">Surefoot, live learning</p><h1>{escape(name)}</h1>'
        f'<p class="verdict good">{escape(sentence)}</p></header>'
    )


def _returns(episodes: Lines, minutes: Sequence[float]) -> str:
    if not episodes:
        return ""
    values = [float(e["return"]) for e in episodes]
    layers: list[Layer] = [Dots(minutes, values, "s3", "ring"), Line(minutes, _mean(values), "s1")]
    low, high = min(values), max(values)
    margin = 0.05 * (high - low) or 1.0
    frame = Frame(
        title="Return of an episode",
        description=f"From {values[0]:.3g} to {values[-1]:.3g}.",
        x=Axis.linear(MINUTES, 0.0, minutes[-1]),
        y=Axis.linear("return", low - margin, high + margin),
    )
    words = (("s3", "episodes, exploring"), ("s1", f"mean of the last {ROLLING}"))
    means = "What each episode earned while the robot explored."
    return section("Returns", means, figure(legend(words) + draw_chart(frame, layers), ""))


def _successes(episodes: Lines, minutes: Sequence[float]) -> str:
    told = [
        (m, float(e["is_success"]))
        for m, e in zip(minutes, episodes, strict=True)
        if "is_success" in e
    ]
    if not told:
        return ""
    x = [minute for minute, _ in told]
    shares = [100.0 * value for value in _mean([value for _, value in told])]
    frame = Frame(
        title="Success",
        description=f"{shares[-1]:.0f} % at the end.",
        x=Axis.linear(MINUTES, 0.0, minutes[-1]),
        y=Axis.linear("succeeded", 0.0, 100.0, unit=" %"),
    )
    means = f"How many of the last {ROLLING} episodes met the task at their end, exploring."
    return section("Success", means, figure(draw_chart(frame, [Line(x, shares, "s1")]), ""))


def _versions(swaps: Lines) -> str:
    given_up = [event for event in swaps if event.get("kind") in GIVEN_UP]
    rows = "".join(
        f"<tr><th scope='row' class='number'>{int(event['policy_version'])}</th>"
        f"<td>{escape(str(event['kind']).replace('_', ' '))}</td>"
        f"<td>{escape(str(event.get('sentence', '')))}</td></tr>"
        for event in given_up[-MOST_ROWS:]
    )
    means = (
        "A version runs beside the one that acts, is blended in, and is watched. These were given"
        f" up, of {_count(swaps, 'accepted')} that were looked at."
    )
    if not rows:
        return section("Versions", f"All {_count(swaps, 'accepted')} versions held.", "")
    table = f"<table><tbody>{rows}</tbody></table>"
    return section("Versions", means, f'<figure class="scroll">{table}</figure>')


def _learner(metrics: Lines, policy_hz: float) -> str:
    looks = [line for line in metrics if line.get("kind") == "train" and "num_owed" in line]
    if not looks:
        return ""
    x = [float(line["env_step"]) / policy_hz / 60.0 for line in looks]
    owed = [float(line["num_owed"]) for line in looks]
    frame = Frame(
        title="Learner's lag",
        description=f"At most {max(owed):.0f} updates.",
        x=Axis.linear(MINUTES, 0.0, x[-1]),
        y=Axis.linear("updates owed", 0.0, max(*owed, 1.0)),
        height=220.0,
    )
    means = (
        "Gradient steps that the robot's experience allowed and that were not taken yet. A lag"
        " that grows without end asks for fewer updates per step, or for a faster machine."
    )
    return section("The learner", means, figure(draw_chart(frame, [Line(x, owed, "s2")]), ""))


def _next(run: str) -> str:
    steps = (
        ("Go on where it stopped:", f"surefoot live twin --resume --out {run}"),
        ("Take the newest policy with you:", f"surefoot export {run}"),
        ("How well is the learner?", f"surefoot health {run}"),
    )
    return section("How to go on", "In the folder that you started it from.", commands(steps))


def _mean(values: Sequence[float]) -> list[float]:
    """Return the mean of each value and those before it, `ROLLING` at most."""
    parts = (values[max(0, end - ROLLING) : end] for end in range(1, len(values) + 1))
    return [sum(part) / len(part) for part in parts]


def _count(swaps: Lines, kind: str) -> int:
    return sum(event.get("kind") == kind for event in swaps)
