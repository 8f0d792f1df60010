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
        health = ("How well is the learner?", f"surefoot health {up.run}")
        return [("Go on with:", again), *_drive(kind, up), health]
    again += f" --learner {up.link.learner}" + (f" --key {up.link.key}" if up.link.key else "")
    elsewhere = "surefoot export RUN; surefoot health RUN"
    learned = ("On the learner's machine, where it was learned:", elsewhere)
    return [("Go on with:", again), *_drive(kind, up), learned]


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
    drive = f"surefoot up {kind} --robot {up.robot} --bundle {bundle}"
    return [(f"Drive with version {version}, {worth}:", drive)]
