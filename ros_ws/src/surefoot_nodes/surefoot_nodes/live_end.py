"""How `surefoot live` ends: a page on what became of the run, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence

from rl_agent.learning.live_kind import LiveKind

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
    again = f"surefoot live {kind} --resume --out {up.run}"
    if up.link is None:
        return [
            ("Go on with:", again),
            ("Export the newest policy:", f"surefoot export {up.run}"),
            ("How well is the learner?", f"surefoot health {up.run}"),
        ]
    again += f" --learner {up.link.learner}" + (f" --key {up.link.key}" if up.link.key else "")
    elsewhere = "surefoot export RUN; surefoot health RUN"
    return [("Go on with:", again), ("On the learner's machine, where it was learned:", elsewhere)]
