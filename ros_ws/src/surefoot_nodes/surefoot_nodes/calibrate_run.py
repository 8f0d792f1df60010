"""What `surefoot robot calibrate` does: asks, moves with a key held, computes, writes."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rl_agent.commissioning.answers import JointAnswers
from rl_agent.commissioning.calibration import CalibrationError, JointCalibration
from rl_agent.commissioning.dialog import JointDialog, Stage
from rl_agent.commissioning.jogger import JogConfig, Jogger
from rl_agent.commissioning.profile_edit import target_of, write_calibration
from rl_agent.exceptions import GraphError
from rl_agent.spec import RobotSpec

from .jog_pad import HELP, JogPad
from .keyboard import raw_keys
from .operator_link import OperatorLink
from .operator_session import OperatorSession

MIN_TRAVEL = 0.005
"""A joint that moved less was not seen to move [rad or m]."""


@dataclass(frozen=True, kw_only=True)
class CalibrateOptions:
    """What a user asks for."""

    joints: Sequence[str]
    solve_scale: bool = False
    by_hand: bool = False
    """The human moves the joints; nothing is commanded and no gate is needed."""
    answers: Mapping[str, JointAnswers] | None = None
    """In place of the human's words; motion needs a held key all the same."""


class GivenUpError(GraphError):
    """The human left; nothing was written."""


class CalibrateRun:
    """One session over some joints."""

    def __init__(self, spec: RobotSpec, pad: JogPad, jogger: Jogger, link: OperatorLink) -> None:
        self._spec, self._pad, self._jogger, self._link = spec, pad, jogger, link

    def find(self, options: CalibrateOptions) -> dict[str, JointCalibration]:
        """Return the calibration of each joint, in turn.

        Raises:
            CalibrationError: Answers contradict each other.
            GivenUpError: The human left.
        """
        found = {}
        self._pad.may_select = False
        for name in options.joints:
            self._jogger.select(self._spec.command_names.index(name))
            dialog = JointDialog(self._jogger.joint, solve_scale=options.solve_scale)
            if options.answers is not None:
                self._take_answers(dialog, options.answers[name])
            else:
                self._converse(dialog, by_hand=options.by_hand)
            found[name] = dialog.result()
        return found

    def confirm(self, question: str) -> bool:
        """Ask for yes."""
        return (self._pad.read_line(f"{question} [y/N] ") or "").strip().lower() in ("y", "yes")

    def _take_answers(self, dialog: JointDialog, answers: JointAnswers) -> None:
        dialog.answer_direction(answers.moved_as_told)
        for answer in answers.poses:
            if answer.travel:
                self._travel(answer.travel)
            if dialog.stage is Stage.POSE:
                dialog.answer_pose(self._pad.read_driver(), answer.position)
        if dialog.stage is Stage.POSE:
            dialog.answer_pose(0.0, None)

    def _travel(self, travel: float) -> None:
        applied = self._link.applied
        if applied is None:
            raise GivenUpError("the gate is not armed any more; nothing was written")
        target = float(applied.position[self._jogger.index]) + travel
        print(f"hold + to move {self._jogger.joint.name} by {travel:+g}", flush=True)
        if not self._pad.travel_to(target):
            raise GivenUpError("given up on the way; nothing was written")

    def _converse(self, dialog: JointDialog, *, by_hand: bool) -> None:
        while dialog.stage is Stage.DIRECTION:
            try:
                self._ask_hand(dialog) if by_hand else self._ask_direction(dialog)
            except CalibrationError as error:
                print(error)
        while dialog.stage is Stage.POSE:
            self._ask_pose(dialog, by_hand=by_hand)

    def _ask_direction(self, dialog: JointDialog) -> None:
        print(f"{dialog.joint.name}: hold + for a moment and watch. {dialog.question}")
        print("y: yes   n: no, the other way   s: not looked")
        before = self._pad.read_driver()
        key = self._pad.run(("y", "n", "s", "q"))
        if key == "q":
            raise GivenUpError("given up; nothing was written")
        travel = abs(self._pad.read_driver() - before) * dialog.joint.scale
        if key != "s" and travel < MIN_TRAVEL:
            raise CalibrationError(f"{dialog.joint.name} has not moved; arm (a), then hold +")
        dialog.answer_direction(None if key == "s" else key == "y")

    def _ask_hand(self, dialog: JointDialog) -> None:
        name = dialog.joint.name
        self._line(f"{name}: hold it still and press Enter ")
        before = self._pad.read_driver()
        words = self._line(f"{name}: move it in its positive direction, then Enter (s: skip) ")
        if words == "s":
            dialog.answer_direction(None)
        else:
            dialog.answer_hand_motion(before, self._pad.read_driver())

    def _ask_pose(self, dialog: JointDialog, *, by_hand: bool) -> None:
        print(dialog.question)
        if not by_hand:
            print("move with + and -, then Enter")
            if self._pad.run(("\r", "\n", "q")) == "q":
                raise GivenUpError("given up; nothing was written")
        text = self._line(f"true position [{dialog.unit}], empty if none is known: ")
        try:
            position = float(text) if text else None
        except ValueError:
            print(f"expected a number, got {text!r}")
            return
        dialog.answer_pose(self._pad.read_driver(), position)

    def _line(self, prompt: str) -> str:
        text = self._pad.read_line(prompt)
        if text is None:
            raise GivenUpError("given up; nothing was written")
        return text.strip()


def calibrate(spec: RobotSpec, session: OperatorSession, options: CalibrateOptions) -> int:
    """Calibrate joints and write the profile; return the exit status.

    Raises:
        SurefootError: No readings or gate, contradicting answers, or a file that cannot be written.
    """
    target_of(spec.source)  # refuses before anybody has taken trouble
    link = OperatorLink(spec, session)
    link.wait_until_ready(needs_gate=not options.by_hand)
    if not options.by_hand:
        print(HELP, flush=True)
    config = JogConfig()
    with _slow(link, options, config), raw_keys() as keys:
        jogger = Jogger(spec, config)
        pad = JogPad(spec, link, keys, jogger)
        run = CalibrateRun(spec, pad, jogger, link)
        try:
            if options.answers is not None and not options.by_hand and not pad.arm():
                raise GraphError(pad.words)
            found = run.find(options)
            changes = _show(spec, found)
            if not changes:
                return 0
            if options.answers is None and not run.confirm("Write this into the profile?"):
                print("nothing was written")
                return 1
        finally:
            pad.disarm()
    target = write_calibration(spec.source, changes)
    is_copy = target != spec.source
    print(f"written: {target} ({'use it with --robot' if is_copy else 'the old one: .bak'})")
    print("Start gate and policy anew to make it hold, then `surefoot preflight`.")
    return 0


def _slow(
    link: OperatorLink, options: CalibrateOptions, config: JogConfig
) -> contextlib.AbstractContextManager[None]:
    """Return the gate's own limit on the speed; none is needed where a hand moves the robot."""
    return contextlib.nullcontext() if options.by_hand else link.slow(config.speed_share)


def joints_of(spec: RobotSpec, named: Sequence[str], answers: Path | None) -> CalibrateOptions:
    """Return which joints are meant: those named, those answered, or all.

    Raises:
        ProfileError: One does not exist.
    """
    from rl_agent.commissioning.answers import read_answers
    from rl_agent.exceptions import Problem, ProfileError
    from rl_agent.robots.profile import nearest

    known = spec.command_names
    problems = [
        Problem("--joint", f"{name!r} is no actuated joint{nearest(name, known)}")
        for name in named
        if name not in known
    ]
    if problems:
        raise ProfileError("surefoot robot calibrate", problems)
    given = read_answers(answers, spec) if answers is not None else None
    joints = tuple(named) or tuple(given or known)
    missing = [name for name in joints if given is not None and name not in given]
    if missing:
        message = f"has no answers for {', '.join(missing)}"
        raise ProfileError(str(answers), [Problem("joints", message)])
    return CalibrateOptions(joints=joints, answers=given)


def _show(
    spec: RobotSpec, found: Mapping[str, JointCalibration]
) -> dict[str, dict[str, float | int]]:
    """Print old beside new; return what changes."""
    from rich.console import Console
    from rich.table import Table

    table = Table("joint", "sign", "scale", "offset_rad", "changes")
    joints = {joint.name: joint for joint in spec.joints}
    changes = {}
    for name, new in found.items():
        old = JointCalibration.of(joints[name])
        changed = new.changes(old)
        if changed:
            changes[name] = changed
        table.add_row(
            name,
            f"{old.sign:+d} → {new.sign:+d}",
            f"{old.scale:g} → {new.scale:g}",
            f"{old.offset_rad:g} → {new.offset_rad:.4f}",
            ", ".join(changed) or "none",
        )
    Console().print(table)
    return changes
