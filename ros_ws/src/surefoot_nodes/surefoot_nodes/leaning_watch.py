"""Says once when the policy begins to lean on the limiter, not once a second while it does."""

from __future__ import annotations

from collections.abc import Mapping

from rl_agent.reporting.wording import leaning_sentence
from rl_agent.safety.leaning import LEANING_SHARE

OVER_SHARE = 0.5 * LEANING_SHARE
"""Leaning is over below this: a share that wavers about the threshold is one warning."""


class LeaningWatch:
    """Looks at the gate's diagnostics, one after the other."""

    def __init__(self) -> None:
        self._is_told = False

    def take(self, values: Mapping[str, str]) -> str:
        """Return the warning if leaning begins with these values; empty otherwise."""
        if "leaning_fraction" not in values:
            return ""
        warning = leaning_sentence(values)
        if warning and not self._is_told:
            self._is_told = True
            return warning
        if float(values["leaning_fraction"]) < OVER_SHARE:
            self._is_told = False
        return ""
