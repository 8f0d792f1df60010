"""What a hot swap did, and on which figures: one line of a log."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SCHEMA_VERSION = 1


class SwapKind(StrEnum):
    """What happened to a version."""

    ACCEPTED = "accepted"
    """It runs in shadow from now on."""
    REPLACED = "replaced"
    """A newer one came before anything was found out about it."""
    SKIPPED = "skipped"
    """A newer one came before it was loaded, or offered; this says nothing against it."""
    OUTDATED = "outdated"
    """Its number is not above all that were seen; this says nothing against it."""
    REFUSED = "refused"
    """It never acted, and never will; or it could not be loaded, which is tried again."""
    BLENDING = "blending"
    """Its shadow run was good, or it is on trial; its part of the action grows from now on."""
    RESUMED = "resumed"
    """It acted before a restart, and acts again from the first tick."""
    PROMOTED = "promoted"
    """It acts alone, and is watched."""
    TRUSTED = "trusted"
    """Its return has been compared with its predecessors' and was not worse."""
    ROLLED_BACK = "rolled_back"
    """It acted, was found worse, and never comes back."""


@dataclass(frozen=True, kw_only=True)
class SwapEvent:
    """One change of a version's standing."""

    kind: SwapKind
    policy_version: int
    bundle_hash: str
    """sha256 of the model file; empty where nobody loaded it."""
    tick: int
    """Policy ticks since the swap was made."""
    sentence: str
    """Why, for people."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """What was measured; the names are those of the thresholds."""

    def to_json(self) -> str:
        """Return one line of JSON; a figure that is not finite becomes null."""
        figures = {name: _finite(value) for name, value in self.statistics.items()}
        values = {
            "schema_version": SCHEMA_VERSION,
            "kind": self.kind.value,
            "policy_version": self.policy_version,
            "bundle_hash": self.bundle_hash,
            "tick": self.tick,
            "sentence": self.sentence,
            "statistics": figures,
        }
        return json.dumps(values, allow_nan=False)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
