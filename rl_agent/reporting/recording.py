"""A recorder's MCAP as arrays in the profile's joint order. All times are the recorder's clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rl_agent.exceptions import ReportError
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Reason, SafetyState

from .gate_counts import GateCounts, read_counts
from .limit_audit import CommandTrace
from .timing import Arrivals, Nanoseconds

MEASUREMENTS = "joint_states"
APPLIED = "applied_command"
PROPOSALS = "command_raw/policy"
GOALS = "goal"
DIAGNOSTICS = "diagnostics"


@dataclass(frozen=True)
class JointSeries:
    """One topic of joint values, in the order of arrival."""

    stamps_ns: Nanoseconds
    """(N,) from the headers."""
    received_s: Array
    """(N,) by the recorder's clock."""
    position: Array
    """(N, J) [rad or m]."""
    velocity: Array
    """(N, J) [rad/s or m/s]."""

    def arrivals(self) -> Arrivals:
        """Return what latencies are computed from."""
        return Arrivals(self.stamps_ns, self.received_s)

    def between(self, start_s: float, end_s: float) -> Self:
        """Return what arrived from `start_s` to `end_s`, both included."""
        first = int(np.searchsorted(self.received_s, start_s, side="left"))
        part = slice(first, int(np.searchsorted(self.received_s, end_s, side="right")))
        values = {field.name: getattr(self, field.name)[part] for field in fields(self)}
        return replace(self, **values)


@dataclass(frozen=True)
class AppliedSeries(JointSeries):
    """What the gate published, with what it says about each tick."""

    ticks: NDArray[np.int64]
    reasons: NDArray[np.int64]
    """(N,) `Reason` bits."""
    states: tuple[SafetyState, ...]
    sources: tuple[str, ...]
    """(N,) whose proposal was followed; empty while braking or holding."""

    def trace(self) -> CommandTrace:
        """Return what the limits are audited on."""
        # An armed gate that follows nobody brakes because its filter saw no other way.
        braking = np.array(
            [
                state is not SafetyState.ARMED or not source
                for state, source in zip(self.states, self.sources, strict=True)
            ],
            np.bool_,
        )
        stopped = np.array([state is SafetyState.STOPPED for state in self.states], np.bool_)
        # Only reset and arm lead out of STOPPED, and arming begins at the measured pose.
        is_start = np.zeros_like(stopped)
        is_start[1:] = stopped[:-1] & ~stopped[1:]
        return CommandTrace(self.ticks, self.position, braking, is_start)

    def policy_arrivals(self) -> Arrivals:
        """Return the arrivals of those commands that follow the policy."""
        own = np.array([source == "policy" for source in self.sources], dtype=np.bool_)
        return Arrivals(self.stamps_ns[own], self.received_s[own])

    def interventions(self) -> dict[str, int]:
        """Return per reason the number of ticks at which it was given."""
        counts = {str(r.name): int(np.sum(self.reasons & int(r) != 0)) for r in Reason if r}
        return {name: count for name, count in counts.items() if count}


@dataclass(frozen=True)
class Recording:
    """All that reports and benchmarks read from one run."""

    measurements: JointSeries
    """All measured joints."""
    applied: AppliedSeries
    """The command joints."""
    proposals: JointSeries
    """The command joints."""
    goal_received_s: Array
    """(G,)."""
    goals: Array
    """(G, 3) in the base frame [m]."""
    counts: tuple[GateCounts, ...] = ()
    """The gate's diagnostics; empty where none were recorded."""

    def driven(self) -> Recording:
        """Return what arrived from the first goal to the last command that followed the policy."""
        following = [i for i, source in enumerate(self.applied.sources) if source == "policy"]
        start_s = float(self.goal_received_s[0]) if len(self.goal_received_s) else np.inf
        end_s = float(self.applied.received_s[following[-1]]) if following else -np.inf
        return replace(
            self,
            measurements=self.measurements.between(start_s, end_s),
            applied=self.applied.between(start_s, end_s),
            proposals=self.proposals.between(start_s, end_s),
        )


@dataclass(frozen=True)
class Message:
    """One message, in rosbags' own classes."""

    received_s: float
    content: Any


def read_recording(path: Path, spec: RobotSpec) -> Recording:
    """Read a bag folder or an `.mcap` file.

    Raises:
        ReportError: It cannot be read, or rosbags is not installed.
    """
    topics = read_topics(path, (MEASUREMENTS, APPLIED, PROPOSALS, GOALS, DIAGNOSTICS))
    goals = topics[GOALS]
    return Recording(
        measurements=in_si(joint_series(topics[MEASUREMENTS], spec.joint_names), spec),
        applied=applied_series(topics[APPLIED], spec.command_names),
        proposals=joint_series(topics[PROPOSALS], spec.command_names),
        goal_received_s=np.array([message.received_s for message in goals]),
        goals=np.array([_point(message.content.pose.position) for message in goals]).reshape(-1, 3),
        counts=gate_counts(topics[DIAGNOSTICS]),
    )


def gate_counts(messages: Sequence[Message]) -> tuple[GateCounts, ...]:
    """Return the gate's reports among messages of `diagnostics`."""
    found = (read_counts(message.received_s, message.content) for message in messages)
    return tuple(report for report in found if report is not None)


def read_topics(path: Path, names: Sequence[str]) -> dict[str, list[Message]]:
    """Return the messages of each topic, whatever namespace it is in.

    Raises:
        ReportError: The recording cannot be read, or rosbags is not installed.
    """
    try:
        from rosbags.rosbag2 import Reader
        from rosbags.typesys import Stores, get_typestore
    except ImportError as error:
        raise ReportError(f"reading recordings needs the `data` extra: {error}") from error
    found: dict[str, list[Message]] = {name: [] for name in names}
    store = get_typestore(Stores.ROS2_JAZZY)
    try:
        with Reader(path) as reader:
            wanted = {c.id: name for c in reader.connections for name in names if _is(c, name)}
            chosen = [c for c in reader.connections if c.id in wanted]
            if not chosen:
                return found
            for connection, received_ns, data in reader.messages(connections=chosen):
                content = store.deserialize_cdr(data, connection.msgtype)
                found[wanted[connection.id]].append(Message(received_ns / 1e9, content))
    except Exception as error:  # a damaged file makes rosbags fail in too many ways to list
        raise ReportError(f"{path}: no recording, or a damaged one: {error}") from error
    return found


def _is(connection: Any, name: str) -> bool:
    return bool(connection.topic == f"/{name}" or connection.topic.endswith(f"/{name}"))


def joint_series(messages: Sequence[Message], names: Sequence[str]) -> JointSeries:
    """Return JointState messages as arrays, joints in the order of `names`."""
    contents = [message.content for message in messages]
    return JointSeries(
        stamps_ns=_stamps(contents),
        received_s=np.array([message.received_s for message in messages]),
        position=_by_name(contents, "position", names),
        velocity=_by_name(contents, "velocity", names),
    )


def in_si(series: JointSeries, spec: RobotSpec) -> JointSeries:
    """Turn the driver's numbers into ours; all else on the wire is ours already."""
    gain = np.array([joint.sign * joint.scale for joint in spec.joints])
    offset = np.array([joint.offset_rad for joint in spec.joints])
    return replace(
        series, position=gain * series.position + offset, velocity=gain * series.velocity
    )


def applied_series(messages: Sequence[Message], names: Sequence[str]) -> AppliedSeries:
    """Return messages of `applied_command` as arrays."""
    series = joint_series(messages, names)
    tags = [parse_tags(message.content.header.frame_id) for message in messages]
    return AppliedSeries(
        stamps_ns=series.stamps_ns,
        received_s=series.received_s,
        position=series.position,
        velocity=series.velocity,
        ticks=np.array([int(tag["tick"]) for tag in tags], dtype=np.int64),
        reasons=np.array([int(tag["reasons"]) for tag in tags], dtype=np.int64),
        states=tuple(SafetyState(tag["state"]) for tag in tags),
        sources=tuple(tag.get("source", "") for tag in tags),
    )


def parse_tags(frame_id: str) -> dict[str, str]:
    """Return `{"tick": "7", …}` from `tick=7;reasons=0;source=policy;state=ARMED`."""
    return dict(part.split("=", 1) for part in frame_id.split(";") if "=" in part)


def _stamps(contents: Iterable[Any]) -> Nanoseconds:
    stamps = (content.header.stamp for content in contents)
    return np.array([s.sec * 1_000_000_000 + s.nanosec for s in stamps], dtype=np.int64)


def _by_name(contents: Sequence[Any], part: str, names: Sequence[str]) -> Array:
    rows = list(_rows(contents, part, names))
    return np.array(rows, dtype=np.float64).reshape(len(contents), len(names))


def _rows(contents: Iterable[Any], part: str, names: Sequence[str]) -> Iterator[Array]:
    order: dict[tuple[str, ...], list[int]] = {}
    for content in contents:
        known = tuple(content.name)
        if known not in order:
            order[known] = [known.index(name) for name in names]
        yield np.asarray(getattr(content, part))[order[known]]


def _point(point: Any) -> tuple[float, float, float]:
    return float(point.x), float(point.y), float(point.z)
