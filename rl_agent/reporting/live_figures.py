"""The figures of a live run's page: each returns a section, or nothing where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rl_agent.tasks.episode_summary import ROLLING_EPISODES
from rl_agent.types import Reason

from .axis import Axis
from .charts import Dots, Frame, Layer, Line, draw_chart
from .figures import figure, legend, legend_item, section
from .live_run import LiveRun
from .tables import table
from .wording import percent, reason_sentence

MINUTES = "minutes of the robot's time"
GIVEN_UP = ("refused", "rolled_back")
MOST_ROWS = 30
BUSY = "busy_"
"""Of a learner's working time: what so begins is the part of one activity, 0 to 1."""
_MARKS = (
    ("promoted", "s1", "disc", "acted from then on"),
    ("refused", "s4", "cross", "refused, never acted"),
    ("rolled_back", "s2", "ring", "acted, and was rolled back"),
)


def returns(run: LiveRun) -> str:
    """Return what each episode earned."""
    if not run.episodes:
        return ""
    minutes = [run.minutes(e["env_step"]) for e in run.episodes]
    values = [float(e["return"]) for e in run.episodes]
    layers: list[Layer] = [Dots(minutes, values, "s3", "ring"), Line(minutes, _mean(values), "s1")]
    low, high = min(values), max(values)
    margin = 0.05 * (high - low) or 1.0
    frame = Frame(
        title="Return of an episode",
        description=f"From {values[0]:.3g} to {values[-1]:.3g}.",
        x=Axis.linear(MINUTES, 0.0, minutes[-1]),
        y=Axis.linear("return", low - margin, high + margin),
    )
    words = (("s3", "episodes"), ("s1", f"mean of the last {ROLLING_EPISODES}"))
    means = "What each episode earned, with whatever exploration there was."
    return section("Returns", means, figure(legend(words) + draw_chart(frame, layers), ""))


def successes(run: LiveRun) -> str:
    """Return how many of the last episodes met the task."""
    told = [e for e in run.episodes if "is_success" in e]
    if not told:
        return ""
    x = [run.minutes(e["env_step"]) for e in told]
    shares = [100.0 * value for value in _mean([float(e["is_success"]) for e in told])]
    frame = Frame(
        title="Success",
        description=f"{shares[-1]:.0f} % at the end.",
        x=Axis.linear(MINUTES, 0.0, x[-1]),
        y=Axis.linear("succeeded", 0.0, 100.0, unit=" %"),
    )
    means = f"How many of the last {ROLLING_EPISODES} episodes met the task at their end."
    return section("Success", means, figure(draw_chart(frame, [Line(x, shares, "s1")]), ""))


def limiter(run: LiveRun) -> str:
    """Return how often the gate changed what the policy asked for, and why."""
    lived = run.lived
    if lived is None or not lived.num_steps:
        return ""
    x = [run.minutes(step) for step in lived.env_steps]
    shares = [100.0 * share for share in lived.limited]
    frame = Frame(
        title="Steps that a limit changed",
        description=f"From {shares[0]:.0f} % to {shares[-1]:.0f} %.",
        x=Axis.linear(MINUTES, 0.0, x[-1]),
        y=Axis.linear("steps", 0.0, 100.0, unit=" %"),
        height=220.0,
    )
    ranked = sorted(lived.steps_by_reason.items(), key=lambda item: -item[1])
    rows = [
        (reason_sentence(name), str(count), percent(count / lived.num_steps))
        for name, count in ranked
        if name in Reason.__members__
    ]
    means = (
        "A step counts where the gate changed any of its commands. A policy that leans on its"
        " limits moves as they let it, not as it means to."
    )
    content = figure(draw_chart(frame, [Line(x, shares, "s1")]), "")
    return section("The limiter", means, content + table(rows, ("what it did", "steps", "share")))


def smoothness(run: LiveRun) -> str:
    """Return how much actions change from step to step."""
    if run.lived is None or not run.lived.num_steps:
        return ""
    x = [run.minutes(step) for step in run.lived.env_steps]
    rough = run.lived.rough
    frame = Frame(
        title="Roughness",
        description=f"From {rough[0]:.2g} to {rough[-1]:.2g}.",
        x=Axis.linear(MINUTES, 0.0, x[-1]),
        y=Axis.linear("change of an action", 0.0, 1.05 * max(*rough, 1e-3)),
        height=220.0,
    )
    means = (
        "Mean change of an action from one step to the next, of a range from \u22121 to 1,"
        " exploration included. The lower, the calmer the robot moves."
    )
    return section("Smoothness", means, figure(draw_chart(frame, [Line(x, rough, "s1")]), ""))


def versions(run: LiveRun) -> str:
    """Return when versions of the policy took over and were given up, and why the latter."""
    if not run.swaps:
        words = f"{run.num_published} were published; what became of them the robots know."
        return section("Versions", words, "") if run.num_published else ""
    given_up = [event for event in run.swaps if event.get("kind") in GIVEN_UP]
    rows = [
        (
            str(int(event["policy_version"])),
            str(event["kind"]).replace("_", " "),
            str(event.get("sentence", "")),
        )
        for event in given_up[-MOST_ROWS:]
    ]
    num_tried, num_acted = run.count("accepted"), run.count("promoted")
    means = "A version runs beside the one that acts, is blended in, and is watched."
    means += (
        f" These were given up, of {num_tried} that were tried."
        if rows
        else f" Of {num_tried} that were tried, {num_acted} took over, and none was given up; what"
        " neither acted nor was given up was overtaken by a newer one."
    )
    return section("Versions", means, _timeline(run) + (table(rows) if rows else ""))


def lag(run: LiveRun) -> str:
    """Return how far the learner was behind the robot."""
    looks = [line for line in run.metrics if line.get("kind") == "train" and "num_owed" in line]
    if not looks:
        return ""
    x = [run.minutes(line["env_step"]) for line in looks]
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
    drawn = figure(draw_chart(frame, [Line(x, owed, "s2")]), "")
    return section("The learner", means + _business(looks[-1]), drawn)


def _business(look: Mapping[str, Any]) -> str:
    """Return what took the learner's working time, the most first."""
    shares = {name.removeprefix(BUSY): look[name] for name in look if name.startswith(BUSY)}
    by_size = sorted(shares.items(), key=lambda item: -item[1])
    told = ", ".join(f"{name} {percent(share)}" for name, share in by_size)
    return f" Of its working time it spent: {told}." if told else ""


def _timeline(run: LiveRun) -> str:
    told = _ticks(run)
    if not told:
        return ""
    numbers = [version for _, version, _ in told]
    frame = Frame(
        title="Versions over time",
        description=f"{run.count('promoted')} acted.",
        x=Axis.linear("minutes of the policy's time, pauses included", 0.0, told[-1][0]),
        y=Axis.linear("version", min(numbers) - 1.0, max(numbers) + 1.0),
    )
    layers: list[Layer] = []
    for kind, style, shape, _ in _MARKS:
        own = [(x, y) for x, y, found in told if found == kind]
        labels = [f"version {y:.0f}: {kind.replace('_', ' ')}" for _, y in own]
        layers.append(Dots([x for x, _ in own], [y for _, y in own], style, shape, labels))
    items = "".join(legend_item(style, shape, text) for _, style, shape, text in _MARKS)
    return figure(f'<ul class="legend">{items}</ul>' + draw_chart(frame, layers), "")


def _ticks(run: LiveRun) -> list[tuple[float, float, str]]:
    """Return (minutes, version, kind) in order; ticks begin anew with each process that acts."""
    told, before, newest = [], 0, 0
    for event in run.swaps:
        tick = event.get("tick")
        if not isinstance(tick, int):
            continue
        if tick < newest:
            before += newest
        newest = tick
        if any(event.get("kind") == kind for kind, *_ in _MARKS):
            minutes = run.minutes(before + tick)
            told.append((minutes, float(event["policy_version"]), str(event["kind"])))
    return told


def _mean(values: Sequence[float]) -> list[float]:
    """Return the mean of each value and those before it, `ROLLING_EPISODES` at most."""
    parts = (values[max(0, end - ROLLING_EPISODES) : end] for end in range(1, len(values) + 1))
    return [sum(part) / len(part) for part in parts]
