"""A black box, or any recording of ours, opened for `surefoot explain`.

Tolerant where reports are strict: malformed messages are what a trip may be about. All times are
the recorder's steady clock [s].
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl_agent.data.black_box_file import ABOUT, PROFILE, RECORDING, boxes_in
from rl_agent.exceptions import ReportError
from rl_agent.robots.profile import available_robots, load_robot
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Reason, SafetyState, Source

from .recording import (
    APPLIED,
    DIAGNOSTICS,
    MEASUREMENTS,
    Message,
    Recording,
    applied_series,
    gate_counts,
    in_si,
    joint_series,
    parse_tags,
    read_topics,
)

STATES = "safety_state"
PROPOSALS = {str(source): f"command_raw/{source}" for source in Source}
MAX_ABOUT_BYTES = 100_000
MAX_WORDS = 1000
MAX_DIGITS = 19
"""A number of fewer digits fits 64 bits."""


@dataclass(frozen=True)
class StateChange:
    """What the gate said in `safety_state`."""

    received_s: float
    state: str
    cause: str
    reasons: tuple[str, ...]

    @property
    def is_alarm(self) -> bool:
        """Whether something went wrong; an operator's disarming is none."""
        return self.state == SafetyState.STOPPED and self.reasons != (Reason.OPERATOR.name,)


@dataclass(frozen=True)
class SourceSeries:
    """When one source was heard, and what was wrong with what it said."""

    name: str
    expected_hz: float
    received_s: Array
    """(N,) of all its messages."""
    is_fresh: NDArray[np.bool_]
    """(N,) whose stamp is newer than all before: repeated ones do not count."""
    is_malformed: NDArray[np.bool_]
    """(N,) joints or values are missing."""
    is_non_finite: NDArray[np.bool_]

    @property
    def good_s(self) -> Array:
        """(M,) times of those that the gate could use."""
        return self.received_s[self.is_fresh & ~self.is_malformed & ~self.is_non_finite]

    @property
    def bad_s(self) -> Array:
        """(K,) times of those that it had to refuse for what they say."""
        return self.received_s[self.is_malformed | self.is_non_finite]


@dataclass(frozen=True)
class TripRecord:
    """All that an explanation is made from."""

    path: Path
    spec: RobotSpec
    about: dict[str, Any]
    """trip.json of a black box; empty for any other recording."""
    recording: Recording
    states: tuple[StateChange, ...]
    measurements: SourceSeries
    proposals: tuple[SourceSeries, ...]


def open_record(path: Path, robot: str | None = None) -> TripRecord:
    """Open a black box, the newest box in a folder of them, a bag folder or an `.mcap` file.

    Args:
        path: Where it lies.
        robot: Profile's name or file; a black box brings its own, else joint names tell.

    Raises:
        ReportError: It is none of these, cannot be read, or is of no robot that is known.
    """
    box = _box_at(path)
    about = _read_about(box) if box is not None else {}
    bag = box / RECORDING if box is not None else path
    names = (MEASUREMENTS, APPLIED, DIAGNOSTICS, STATES, *PROPOSALS.values())
    topics = read_topics(bag, names)
    if not any(topics.values()):
        raise ReportError(f"{path}: no topic of Surefoot is in this recording")
    spec = _spec_of(box, about, robot, topics, path)
    measured = _source("joint_states", spec.state_hz, topics[MEASUREMENTS], spec.joint_names)
    applied = topics[APPLIED]
    whole = np.array([_is_tick(m.content, spec.command_names) for m in applied], dtype=np.bool_)
    is_usable = ~(measured.is_malformed | measured.is_non_finite)
    empty = joint_series([], spec.command_names)
    recording = Recording(
        measurements=in_si(
            joint_series(_chosen(topics[MEASUREMENTS], is_usable), spec.joint_names), spec
        ),
        applied=applied_series(_chosen(applied, whole), spec.command_names),
        proposals=empty,
        goal_received_s=np.zeros(0),
        goals=np.zeros((0, 3)),
        counts=gate_counts(topics[DIAGNOSTICS]),
    )
    proposals = (
        _source(name, spec.policy_hz, topics[topic], spec.command_names)
        for name, topic in PROPOSALS.items()
    )
    return TripRecord(
        path=box or path,
        spec=spec,
        about=about,
        recording=recording,
        states=_states(topics[STATES]),
        measurements=measured,
        proposals=tuple(proposals),
    )


def plain(text: object) -> str:
    """Return a line of text without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in str(text)[:MAX_WORDS])


def _box_at(path: Path) -> Path | None:
    if (path / ABOUT).is_file():
        return path
    boxes = boxes_in(path) if path.is_dir() else []
    return boxes[-1] if boxes else None


def _read_about(box: Path) -> dict[str, Any]:
    path = box / ABOUT
    try:
        if path.stat().st_size > MAX_ABOUT_BYTES:
            raise ReportError(f"{path}: expected at most {MAX_ABOUT_BYTES} bytes")
        about = json.loads(path.read_text(encoding="utf-8"))
        about["reasons"] = [plain(name) for name in about["reasons"]]
        about["steady_s"] = float(about["steady_s"])
        about["cause"], about["state"] = plain(about["cause"]), plain(about["state"])
        about["utc"] = plain(about.get("utc", "")) or None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(f"{path}: does not hold: {error!r}") from error
    return dict(about)


def _spec_of(
    box: Path | None,
    about: dict[str, Any],
    robot: str | None,
    topics: dict[str, list[Message]],
    path: Path,
) -> RobotSpec:
    if robot is not None:
        return load_robot(robot)
    if box is not None and (box / PROFILE).is_file():
        rates = {
            key: float(about[key])
            for key in ("policy_hz", "gate_hz")
            if isinstance(about.get(key), int | float)
        }
        return load_robot(box / PROFILE, **rates)
    found = [message.content.name for message in topics[MEASUREMENTS][:1]]
    for name in available_robots() if found else ():
        spec = load_robot(name)
        if set(spec.joint_names) <= set(found[0]):
            return spec
    raise ReportError(f"{path}: the recording does not say which robot it is; give --robot")


def _source(
    name: str, expected_hz: float, messages: Sequence[Message], joints: Sequence[str]
) -> SourceSeries:
    contents = [message.content for message in messages]
    stamps = [c.header.stamp.sec * 1_000_000_000 + c.header.stamp.nanosec for c in contents]
    newest = np.maximum.accumulate(np.array(stamps, dtype=np.int64)) if stamps else np.zeros(0)
    is_fresh = np.ones(len(stamps), dtype=np.bool_)
    is_fresh[1:] = newest[1:] > newest[:-1]
    return SourceSeries(
        name=name,
        expected_hz=expected_hz,
        received_s=np.array([message.received_s for message in messages]),
        is_fresh=is_fresh,
        is_malformed=np.array([_is_malformed(c, joints) for c in contents], dtype=np.bool_),
        is_non_finite=np.array([_is_non_finite(c) for c in contents], dtype=np.bool_),
    )


def _is_malformed(content: Any, joints: Sequence[str]) -> bool:
    size = len(content.name)
    is_whole = len(content.position) == size == len(content.velocity)
    return not is_whole or not set(joints) <= set(content.name)


def _is_tick(content: Any, joints: Sequence[str]) -> bool:
    """Return whether a message is one of the gate's commands, with what it says about its tick."""
    tags = parse_tags(content.header.frame_id)
    numbers = [tags.get(key, "") for key in ("tick", "reasons")]
    is_tagged = all(number.isdecimal() and len(number) < MAX_DIGITS for number in numbers)
    is_known = tags.get("state") in tuple(SafetyState)
    return (
        is_tagged and is_known and not (_is_malformed(content, joints) or _is_non_finite(content))
    )


def _is_non_finite(content: Any) -> bool:
    return not bool(np.isfinite(content.position).all() and np.isfinite(content.velocity).all())


def _chosen(messages: Sequence[Message], is_chosen: NDArray[np.bool_]) -> list[Message]:
    return [message for message, chosen in zip(messages, is_chosen, strict=True) if chosen]


def _states(messages: Sequence[Message]) -> tuple[StateChange, ...]:
    found = []
    for message in messages:
        try:
            content = json.loads(message.content.data)
            reasons = tuple(plain(name) for name in content["reasons"])
            state, cause = plain(content["state"]), plain(content["cause"])
        except (ValueError, KeyError, TypeError):
            continue
        found.append(StateChange(message.received_s, state, cause, reasons))
    return tuple(found)
