"""How far the tool is inside its zones: h >= 0 is allowed. Positions in the base frame [m]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rl_agent.spec import ZoneKind, ZoneSpec
from rl_agent.types import Array

# Nearer than this to a sphere's centre its outward direction is arbitrary [m].
CENTRE_M = 1e-9


class Zones:
    """All zones of a profile as plain distances, each with one row or, for a box to keep in, six.

    A box to stay in counts as six half-spaces; one to stay out of is rounded at its edges, as the
    distance to a box is: h is the distance to its surface, negative inside.
    """

    def __init__(self, zones: Sequence[ZoneSpec], margin_m: float = 0.0) -> None:
        """Prepare the zones.

        Args:
            zones: Of a profile.
            margin_m: By how much to make every zone stricter [m].
        """
        self._margin_m = margin_m
        self.names: list[str] = []
        """(m,) the zone behind each row."""
        normals, offsets = [], []
        for zone in zones:
            for normal, offset in _planes(zone):
                normals.append(normal)
                offsets.append(offset + margin_m)
                self.names.append(zone.name)
        self._normals = np.array(normals).reshape(-1, 3)
        self._offsets = np.array(offsets)
        self._round = [zone for zone in zones if not _is_flat(zone)]
        self.names += [zone.name for zone in self._round]

    def __len__(self) -> int:
        return len(self.names)

    def distances(self, position: Array) -> Array:
        """Return h (..., m) [m] for tool positions (..., 3)."""
        flat = position @ self._normals.T - self._offsets
        if not self._round:
            return flat
        others = [_round_distance(zone, position)[0] for zone in self._round]
        return np.concatenate([flat, np.stack(others, axis=-1) - self._margin_m], axis=-1)

    def distances_and_normals(self, position: Array) -> tuple[Array, Array]:
        """Return h (m,) [m] and its gradient (m, 3) at a tool position (3,)."""
        flat = self._normals.dot(position) - self._offsets
        if not self._round:
            return flat, self._normals
        others = [_round_distance(zone, position) for zone in self._round]
        distance = np.concatenate([flat, [float(h) - self._margin_m for h, _ in others]])
        return distance, np.concatenate([self._normals, [normal for _, normal in others]])


def _is_flat(zone: ZoneSpec) -> bool:
    return zone.kind is ZoneKind.HALF_SPACE or (zone.kind is ZoneKind.BOX and zone.keep == "in")


def _planes(zone: ZoneSpec) -> list[tuple[Array, float]]:
    """Return (n, c) of the half-spaces n x >= c that make up a flat zone."""
    if not _is_flat(zone):
        return []
    center = np.array(zone.center_m)
    if zone.kind is ZoneKind.HALF_SPACE:
        normal = np.array(zone.normal) / np.linalg.norm(zone.normal)
        normal = normal if zone.keep == "in" else -normal
        return [(normal, float(normal @ center))]
    axes = np.eye(3)
    return [
        (side * axes[i], float(side * center[i] - zone.half_size_m[i]))
        for i in range(3)
        for side in (1.0, -1.0)
    ]


def _round_distance(zone: ZoneSpec, position: Array) -> tuple[Array, Array]:
    offset = position - np.array(zone.center_m)
    if zone.kind is ZoneKind.BOX:
        return _box_distance(np.array(zone.half_size_m), offset)
    size = np.linalg.norm(offset, axis=-1)
    outward = offset / np.maximum(size, CENTRE_M)[..., None]
    if zone.keep == "in":
        return zone.radius_m - size, -outward
    return size - zone.radius_m, outward


def _box_distance(half_size: Array, offset: Array) -> tuple[Array, Array]:
    """Return the signed distance to a box's surface, positive outside, and its gradient."""
    beyond = np.abs(offset) - half_size  # (..., 3)
    outside = np.maximum(beyond, 0.0)
    size = np.linalg.norm(outside, axis=-1)
    nearest = np.argmax(beyond, axis=-1)
    inside = np.minimum(np.max(beyond, axis=-1), 0.0)
    face = np.eye(3)[nearest] * np.where(offset >= 0.0, 1.0, -1.0)
    slope = outside * np.where(offset >= 0.0, 1.0, -1.0) / np.maximum(size, CENTRE_M)[..., None]
    return size + inside, np.where((size > CENTRE_M)[..., None], slope, face)
