"""The version that acts, and those before it, in memory: what a roll back returns to."""

from __future__ import annotations

from dataclasses import dataclass

from .acting_policy import ActingPolicy


@dataclass
class _Held:
    policy: ActingPolicy
    is_trusted: bool = False


class VersionLine:
    """A short stack of versions, of which the newest acts."""

    def __init__(self, max_kept: int) -> None:
        """Start empty; at most `max_kept` >= 2 versions are kept."""
        self._max_kept = max_kept
        self._held: list[_Held] = []

    @property
    def incumbent(self) -> ActingPolicy | None:
        """Who acts; None until a version was promoted."""
        return self._held[-1].policy if self._held else None

    @property
    def is_trusted(self) -> bool:
        """Whether the incumbent's return was once found to be no worse."""
        return bool(self._held) and self._held[-1].is_trusted

    @property
    def predecessors(self) -> list[ActingPolicy]:
        """Those before the incumbent, the newest first."""
        return [held.policy for held in self._held[-2::-1]]

    def promote(self, policy: ActingPolicy) -> None:
        """Make `policy` the incumbent; where there are too many, let an old one go."""
        self._held.append(_Held(policy))
        if len(self._held) <= self._max_kept:
            return
        trusted = max((i for i, held in enumerate(self._held) if held.is_trusted), default=-1)
        # The newest trusted version stays, however many came after it.
        del self._held[0 if trusted != 0 else 1]

    def trust(self) -> None:
        """Note that the incumbent proved itself."""
        self._held[-1].is_trusted = True

    def roll_back(self, count: int = 1) -> list[ActingPolicy]:
        """Drop the incumbent, or `count` versions; return them. The first one is never dropped."""
        count = min(count, len(self._held) - 1)
        return [self._held.pop().policy for _ in range(count)]

    def num_since_trusted(self) -> int:
        """Return how many versions came after the newest trusted one; all but one if none is."""
        for count, held in enumerate(reversed(self._held)):
            if held.is_trusted:
                return count
        return max(len(self._held) - 1, 0)
