"""Plain words for what the figures are about, for an engineer who never trained a policy."""

from __future__ import annotations

from collections.abc import Mapping

from rl_agent.types import Reason

CONTROLLER_NAMES = {
    "policy": "Trained policy",
    "dls": "Damped least squares",
    "random": "Random actions",
}
CONTROLLER_MEANINGS = {
    "policy": "the network that was just trained",
    "dls": "a classical controller that knows the arm's geometry; nothing learned",
    "random": "arbitrary motions: what reaching by luck looks like",
}
CONTROLLER_STYLES = {"policy": ("s1", "disc"), "dls": ("s2", "ring"), "random": ("s3", "cross")}

REASONS = {
    Reason.POSITION: "Slowed a joint that was running out of room to brake before its end stop",
    Reason.VELOCITY: "Held a joint to its top speed",
    Reason.ACCELERATION: "Softened a change of speed that was too abrupt",
    Reason.JERK: "Softened a change of acceleration that was too abrupt",
    Reason.EFFORT: "Held a joint to its greatest force",
    Reason.WORKSPACE: "Kept the tool inside its allowed space",
    Reason.BARRIER: "Kept a distance that may not be undercut",
    Reason.PREDICTION: "Braked because the predicted motion could not have been stopped in time",
    Reason.START_RAMP: "Started gently: the speed is let up gradually after arming",
    Reason.STALE_OBSERVATION: "Held still because the robot's readings came late",
    Reason.STALE_PROPOSAL: "Held still because the policy's next command came late",
    Reason.NON_FINITE: "Stopped: a number was not a number",
    Reason.BAD_PROPOSAL: "Refused a command that did not fit this robot",
    Reason.IMPLAUSIBLE: "Refused a reading that cannot be true",
    Reason.ESTOP: "Emergency stop",
    Reason.SILENT: "Stopped: a source of readings or commands had fallen silent",
    Reason.SECOND_PUBLISHER: "Stopped: somebody else was commanding the same robot",
    Reason.FOLLOWING_ERROR: "Stopped: the robot did not follow its commands",
    Reason.INTERNAL: "Stopped: the safety process found a mistake in itself",
    Reason.OPERATOR: "Stopped or held by the operator",
    Reason.SPEED_SCALE: "Kept to the speed that was set for commissioning",
    Reason.SELF_DISTANCE: "Kept the robot's links away from each other",
    Reason.POWER: "Held a joint to its greatest power",
    Reason.DEADLINE: "Held still because the safety process itself ran late",
    Reason.FALL: "Stopped: the robot was falling",
    Reason.CONTACT: "Stopped: the robot touched something hard",
    Reason.HEALTH: "Stopped: a motor or the battery reported trouble",
    Reason.ABSENT: "Stopped: the operator was no longer there",
    Reason.FROZEN: "Held still because the robot's readings did not change any more",
    Reason.HUMAN: "Followed a person at the controls instead",
}

LIMIT_NAMES = {
    "POSITION": "the end stops",
    "VELOCITY": "the top speed",
    "ACCELERATION": "the acceleration limit",
    "JERK": "the jerk limit",
    "EFFORT": "the force limit",
    "WORKSPACE": "the tool's allowed space",
    "BARRIER": "a distance to keep",
    "PREDICTION": "the look ahead",
    "SELF_DISTANCE": "the distance between links",
    "POWER": "the power limit",
}


def leaning_sentence(values: Mapping[str, float | int | str]) -> str:
    """Return the warning in the gate's diagnostics, numbers or text; empty where there is none."""
    if "leaning_reason" not in values:
        return ""
    reason = str(values["leaning_reason"])
    share, change = float(values["leaning_fraction"]), float(values["leaning_change"])
    return (
        f"the policy leans on the limiter: {percent(share)} of its last 10 s of commands were"
        f" changed, mostly by {limit_name(reason)} ({reason}), by {change:.2g} rad/s or m/s on"
        " average"
    )


def limit_name(reason: str) -> str:
    """Return what a limit is called in a sentence, from the name of its `Reason`."""
    return LIMIT_NAMES.get(reason, f"the limit {reason.replace('_', ' ').lower()}")


def reason_sentence(name: str) -> str:
    """Return what the gate did, from the name of a `Reason`; the name itself if it is unknown."""
    try:
        return REASONS[Reason[name]]
    except KeyError:
        return name.replace("_", " ").lower()


def duration(seconds: float) -> str:
    """Return 850 ms, 12 s or 3 min 5 s."""
    if seconds < 0.9995:
        return f"{1e3 * seconds:.0f} ms"
    if seconds < 59.5:
        return f"{seconds:.0f} s" if seconds >= 9.95 else f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"


def percent(share: float) -> str:
    """Return a share as per cent; never 0 or 100 for what is not exactly so."""
    if share in (0.0, 1.0):
        return f"{100 * share:.0f} %"
    if share < 0.001 or share > 0.999:
        return "< 0.1 %" if share < 0.5 else "> 99.9 %"
    decimals = 1 if share < 0.095 or share > 0.905 else 0
    return f"{100 * share:.{decimals}f} %".replace(".0 ", " ")


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 target`, `2 targets`, `no targets`."""
    if number == 1:
        return f"1 {noun}"
    return f"{grouped(number) if number else 'no'} {plural or noun + 's'}"


def grouped(number: int) -> str:
    """Return the digits in groups of three from 10 000 on."""
    return f"{number:,}".replace(",", "\u202f") if number >= 10_000 else str(number)
