"""Is a training well? One plain sentence per health figure of its `metrics.jsonl`.

Thresholds are rules of thumb, set where runs that learned stayed well below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from .health_checks import CHECKS, Check
from .wording import LIMIT_NAMES, percent

Lines = Sequence[Mapping[str, Any]]
"""Of `metrics.jsonl`, in order."""
NUM_NEWEST = 3
"""Looks whose median is judged: a single batch may be odd."""
NUM_BASE = 3
"""Looks at the beginning, that growth is relative to."""
LEANING_WATCH, LEANING_TROUBLE = 0.1, 0.5
"""Of steps: one counts when a limit acted in any tick of it, and exploring meets more of them."""
STEPS_BY, CHANGE_BY = "steps_by_", "change_by_"
"""Before a reason's name: its share of the steps, and of all that limits changed."""


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WATCH = "watch"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class Finding:
    """One figure, judged."""

    name: str
    level: Level
    sentence: str
    """What was found and, unless all is well, what to do next."""


def judge(lines: Lines) -> list[Finding]:
    """Return a finding per figure that the run noted, in a fixed order."""
    looks = [line for line in lines if line.get("kind") == "health"]
    findings = [*_divergence(lines), *(found for c in CHECKS for found in _judge(c, looks))]
    return [*findings, *_reliance(looks)]


def series(lines: Lines, key: str, kind: str = "health") -> tuple[list[float], list[float]]:
    """Return environment steps and a figure, where it was noted."""
    found = [line for line in lines if line.get("kind") == kind and key in line]
    return [float(line["env_step"]) for line in found], [float(line[key]) for line in found]


def limits_by_share(look: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return names of `Reason` and their shares of steps, the largest first."""
    found = {k.removeprefix(STEPS_BY): v for k, v in look.items() if k.startswith(STEPS_BY)}
    return sorted(((name.upper(), share) for name, share in found.items()), key=lambda x: -x[1])


def _judge(check: Check, looks: Lines) -> Iterator[Finding]:
    _, values = series(looks, check.key)
    if not values:
        return
    newest = float(np.median(values[-NUM_NEWEST:]))
    if check.is_growth:
        base = float(np.median(values[:NUM_BASE]))
        if len(values) < NUM_BASE + NUM_NEWEST or base <= 0.0:
            return
        newest /= base
    level = _level(check.sign * newest, check.watch, check.trouble)
    text = check.fine if level is Level.OK else f"{check.high} Next: {check.advice}."
    yield Finding(check.name, level, text.format(value=check.form(newest)))


def _level(value: float, watch: float, trouble: float) -> Level:
    if value >= trouble:
        return Level.TROUBLE
    return Level.WATCH if value >= watch else Level.OK


def _divergence(lines: Lines) -> Iterator[Finding]:
    steps, values = series(lines, "q_mean", "diverged")
    if steps:
        sentence = (
            f"Training stopped at step {steps[-1]:.0f}, where the critics expected {values[-1]:.3g}"
            " on average, more than rewards can add up to. Next: a smaller"
            " agent.critic_learning_rate, layer norm or more critics."
        )
        yield Finding("divergence", Level.TROUBLE, sentence)


def _reliance(looks: Lines) -> Iterator[Finding]:
    if not looks:
        return
    newest = looks[-1]
    share = float(newest.get("limited_steps", 0.0))
    level = _level(share, LEANING_WATCH, LEANING_TROUBLE)
    limits = [(name, part) for name, part in limits_by_share(newest) if name in LIMIT_NAMES]
    parts = ", ".join(f"{LIMIT_NAMES[name]} {percent(part)}" for name, part in limits[:4])
    text = f"The limits changed {percent(share)} of the last steps"
    text += f": {parts}." if parts else "."
    if level is not Level.OK:
        text += (
            " The policy moves as they let it. Next: lower action.max_speed in the profile, or"
            " raise agent.smoothness_coef."
        )
    yield Finding("reliance on limits", level, text)
