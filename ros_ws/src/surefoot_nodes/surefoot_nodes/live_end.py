"""How `surefoot live` ends: a page on what became of the run, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from rl_agent.learning.live_kind import LiveKind

from .cli import GOAL_PERIOD_S, SPEEDS
from .up import UpOptions

WHOM = {"twin": "the twin of {}, in MuJoCo", "robot": "a real {}"}


def closing_lines(kind: LiveKind, up: UpOptions, last_look: Sequence[tuple[str, str]]) -> list[str]:
    """Write the page; return where it is, and what to type next."""
    from rl_agent.cli.live_record import Ending, page_line

    assert up.run is not None
    whom = WHOM[kind].format(up.robot)
    if up.link is not None:
        whom += f", known as {up.link.robot_id} to the learner at {up.link.learner}"
    steps = next_steps(kind, up)
    ending = Ending(
        whom=whom,
        task=up.task,
        policy_hz=up.policy_hz,
        next_steps=steps,
        last_look=last_look,
    )
    return [page_line(up.run, ending), *(f"{why} {what}" for why, what in steps)]


def next_steps(kind: LiveKind, up: UpOptions) -> list[tuple[str, str]]:
    """Return why and what to type next."""
    again = ["surefoot", "live", kind, "--resume", "--out", str(up.run)]
    health = ("How well is the learner?", f"surefoot health {shlex.quote(str(up.run))}")
    if up.link is not None:
        again += ["--learner", up.link.learner]
        again += ["--key", str(up.link.key)] if up.link.key else []
        health = (
            "How well is the learner? On its machine, with the folder of its --out as RUN:",
            "surefoot health RUN",
        )
    goals = [] if up.goal_period_s == GOAL_PERIOD_S else _goal_period(up)
    again += [*_same_robot(kind, up), *goals]
    return [("Go on with:", shlex.join(again)), *_drive(kind, up), health]


def _same_robot(kind: LiveKind, up: UpOptions) -> list[str]:
    """Return the options by which a next graph finds the same robot, and drives it as this one."""
    options = {
        "--namespace": up.namespace,
        "--domain": str(up.domain) if up.domain is not None else "",
        "--params": str(up.params) if up.params else "",
        "--speed": up.speed if up.speed != SPEEDS[kind] else "",
    }
    words = [word for name, value in options.items() if value for word in (name, value)]
    return words + (["--teleop"] if up.has_teleop else [])


def _goal_period(up: UpOptions) -> list[str]:
    return ["--goal-period", f"{up.goal_period_s:g}"]


def _drive(kind: LiveKind, up: UpOptions) -> list[tuple[str, str]]:
    """Return how to drive with what was learned, without exploring or learning on."""
    from rl_agent.deploy.files import version_dir
    from rl_agent.deploy.swap_log import SWAPS, proven, read_standings
    from rl_agent.learning.run_folder import store_dir

    assert up.run is not None
    standing = proven(read_standings(up.run / SWAPS))
    if standing is None:
        return []
    version = standing.policy_version
    bundle = version_dir(store_dir(up.run), version)
    if not bundle.is_dir():
        return []
    worth = "no worse than those before" if standing.is_trusted else "not judged yet"
    drive = ["surefoot", "up", kind, "--robot", up.robot, "--bundle", str(bundle)]
    # A robot's graph waits for goals of somebody's own unless it is told to make some.
    is_default = kind == "twin" and up.goal_period_s == GOAL_PERIOD_S
    drive += [*_same_robot(kind, up), *([] if is_default else _goal_period(up))]
    return [(f"Drive with version {version}, {worth}:", shlex.join(drive))]
