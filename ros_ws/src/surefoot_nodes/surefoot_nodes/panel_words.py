"""What a panel says of a robot that learns, from what policy and gate tell of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rl_agent.reporting.wording import limit_name, percent
from rl_agent.safety.leaning import LIMITS, OWN_WISHES
from rl_agent.types import Reason

from .gate_reports import rate_words

State = Mapping[str, Any]
"""Of policy_state, learner_state or the link."""
Gate = Mapping[str, str]
"""The gate's diagnostics."""
OWN_NAMES = {"SPEED_SCALE": "the speed that was set", "START_RAMP": "the ramp after arming"}


def between_rows(policy: State) -> list[tuple[str, str]]:
    """Return rows about resets and verdicts, where there are any."""
    words = ["under way"] if policy.get("holds_goals") else []
    if policy.get("waits_for_person"):
        words = ["WAITS FOR YOU, g begins the next episode"]
    if policy.get("num_timeouts"):
        words.append(f"{policy['num_timeouts']} did not get there in time")
    rows = [("reset", ", ".join(words))] if words else []
    if "num_successes" in policy:
        judged = f"{policy['num_successes']} successes, {policy['num_failures']} failures"
        rows.append(("judged", judged))
    return rows


def experience_text(env_step: int, policy_hz: float, policy: State) -> str:
    """Return how much was lived through, and what made no step of it."""
    text = f"{env_step} steps, {env_step / policy_hz / 60.0:.1f} min"
    if policy.get("num_dropped"):
        text += f"; {policy['num_dropped']} not kept: a late reading, or it was held meanwhile"
    return text


def version_text(policy: State, learner: State) -> str:
    """Return who acts, what is published, and what was given up."""
    version = policy.get("policy_version", 0)
    text = f"{version} acts" if version else "none yet: random actions"
    newest = int(learner.get("policy_version", 0))
    if newest > version:
        text += f", {newest} published"
    counts = [
        f"{policy[key]} {word}"
        for key, word in (("num_refused", "refused"), ("num_rolled_back", "rolled back"))
        if policy.get(key)
    ]
    return ", ".join([text, *counts])


def exploration_text(policy: State) -> str:
    """Return how much noise there is."""
    share = 100.0 * policy.get("noise_scale", 1.0)
    return f"{share:.0f} % of the policy's noise" if share else "none: lately it succeeds"


def lost_words(policy: State) -> list[str]:
    """Return what waits for the disk, and what never got there."""
    words = []
    if policy.get("num_waiting", 0) > 1:
        words.append(f"{policy['num_waiting']} steps wait for it")
    if policy.get("num_lost"):
        words.append(f"{policy['num_lost']} STEPS LOST")
    if policy.get("num_events_lost"):
        words.append(f"{policy['num_events_lost']} LINES OF swaps.jsonl LOST")
    return words


def limiter_text(gate: Gate) -> str:
    """Return how much of the time the gate changes commands, now and altogether, and by what."""
    if not gate:
        return "not heard yet"
    if not _number(gate, "armed_ticks"):
        return "nothing to limit yet: never armed"
    now = f"changed {percent(_number(gate, 'leaning_fraction'))} of the last 10 s"
    if reason := gate.get("leaning_reason"):
        now += f", mostly by {limit_name(reason)}: the policy leans on it"
    whole = f"{percent(_number(gate, 'limited_fraction'))} since the start"
    if reason := _most_frequent(gate):
        whole += f", mostly by {OWN_NAMES.get(reason) or limit_name(reason)}"
    return f"{now}; {whole}"


def rates_text(gate: Gate) -> str:
    """Return what comes how often; empty before the first second is over."""
    return ", ".join(rate_words({key: _number(gate, key) for key in gate if key.endswith("_hz")}))


def _most_frequent(gate: Gate) -> str:
    changing = [r for r in Reason if r & (LIMITS | OWN_WISHES)]
    ticks = {str(r.name): _number(gate, f"ticks_{r.name}".lower()) for r in changing}
    most = max(ticks, key=lambda name: ticks[name])
    return most if ticks[most] else ""


def _number(gate: Gate, key: str) -> float:
    """Return a value; 0 for what is none: a panel must not end the graph."""
    try:
        return float(gate[key])
    except (KeyError, ValueError):
        return 0.0
