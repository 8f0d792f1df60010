"""joint_states as the driver sent it: its names, its order, its units; nothing is checked yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One message."""

    names: tuple[str, ...]
    position: tuple[float, ...]
    velocity: tuple[float, ...] = ()
    effort: tuple[float, ...] = ()
    stamp_s: float
    """Source time [s]."""
    received_s: float
    """Time of receipt on the steady clock [s]."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """Readings whose names and sizes hold, in SI and profile order: (N, num_joints)."""

    stamp_s: Array  # (N,)
    position: Array
    velocity: Array
    effort: Array | None
    """[N m or N] along our joint axes; None where the driver reports none."""

    @property
    def pose(self) -> Array:
        """(num_joints,) the median position."""
        return np.median(self.position, axis=0)


def track_of(spec: RobotSpec, readings: Sequence[Reading]) -> Track:
    """Return the readings as arrays; `check_names` and `check_sizes` must have found them right."""
    sign = np.array([joint.sign for joint in spec.joints])
    gain = sign * np.array([joint.scale for joint in spec.joints])
    offset = np.array([joint.offset_rad for joint in spec.joints])
    has_effort = all(len(reading.effort) == len(reading.names) for reading in readings)
    return Track(
        stamp_s=np.array([reading.stamp_s for reading in readings]),
        position=gain * _rows(spec, readings, "position") + offset,
        velocity=gain * _rows(spec, readings, "velocity"),
        # A driver reports effort in N m whatever its units of position are.
        effort=sign * _rows(spec, readings, "effort") if has_effort else None,
    )


def _rows(spec: RobotSpec, readings: Sequence[Reading], part: str) -> Array:
    rows = np.empty((len(readings), len(spec.joints)))
    index: list[int] = []
    names: tuple[str, ...] | None = None
    for row, reading in zip(rows, readings, strict=True):
        if reading.names != names:
            names = reading.names
            index = [names.index(name) for name in spec.joint_names]
        row[:] = np.asarray(getattr(reading, part), dtype=np.float64)[index]
    return rows
