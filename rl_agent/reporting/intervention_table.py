"""The page's table of what the gate changed: why, how often and how far."""

from __future__ import annotations

from html import escape

from rl_agent.safety.leaning import LEANING_SHARE

from .figures import section
from .report import Interventions, Report
from .wording import LIMIT_NAMES, count, limit_name, percent, reason_sentence


def interventions(report: Report) -> str:
    """Return what the gate changed, by reason."""
    found = report.interventions
    if found is None:
        return ""
    means = (
        "A separate safety process checks every command before the motors get it. This is how often"
        " it changed something while the trained policy was driving, and why."
    )
    if not any(found.ticks.values()):
        nothing = f"<p>Nothing: all {count(found.num_ticks, 'command')} passed unchanged.</p>"
        return section("Safety interventions", means, nothing)
    ranked = sorted(found.ticks.items(), key=lambda item: -item[1])
    most = ranked[0][1]
    rows = "".join(
        f"<tr><th scope='row'>{escape(reason_sentence(name))}</th>"
        f"<td class='number'>{ticks}</td>"
        f"<td class='number'>{percent(ticks / max(1, found.num_ticks))}</td>"
        f"<td class='number'>{_how_far(found.mean_change.get(name))}</td>"
        f"<td class='meter'><i style='width:{100 * ticks / most:.0f}%'></i></td></tr>"
        for name, ticks in ranked
        if ticks
    )
    head = (
        "<th scope='col'>what it did</th><th scope='col' class='number'>commands</th>"
        "<th scope='col' class='number'>share</th>"
        "<th scope='col' class='number'>by how much</th><td></td>"
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    body = f'{_leaning(found)}<figure class="scroll">{table}</figure>'
    return section("Safety interventions", means, body)


def _how_far(change: float | None) -> str:
    return "" if change is None else f"{change:.2g} rad/s"


def _leaning(found: Interventions) -> str:
    """Say whether the policy would drive the same way without the limits."""
    share = found.leaning_share
    if share <= LEANING_SHARE:
        words = f"The limits changed {percent(share)} of the commands that followed the policy."
        return f"<p>{escape(words)}</p>"
    limits = [name for name in found.ticks if name in LIMIT_NAMES]
    most = max(limits, key=lambda name: found.ticks[name], default="")
    words = (
        f"Warning: the policy leans on the limiter. {percent(share)} of the commands that followed"
        f" it were changed, mostly by {limit_name(most)}; up to {percent(LEANING_SHARE)} is"
        " ordinary. It moves as the limits let it, not as it learned: train it with these limits in"
        " place, or lower action.max_speed in the profile."
    )
    return f'<p class="verdict bad">{escape(words)}</p>'
