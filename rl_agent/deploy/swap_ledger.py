"""Which versions were seen and found bad, and who is told of what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from .acting_policy import ActingPolicy
from .swap_event import SwapEvent, SwapKind


class SwapLedger:
    """A hot swap's books: versions only rise, and what was given up never comes back."""

    def __init__(
        self, on_event: Callable[[SwapEvent], None], bad_versions: Collection[int]
    ) -> None:
        """Start at tick 0; `bad_versions` are known to be bad."""
        self._on_event = on_event
        self._newest_version = 0
        self.bad_versions = set(bad_versions)
        """Refused or rolled back."""
        self.counts: Counter[SwapKind] = Counter()
        """How often each thing happened."""
        self.tick = 0
        """The present one; events bear it."""

    def admits(self, policy: ActingPolicy) -> bool:
        """Note a version that is offered; tell whether it may be taken in at all."""
        version, newest = policy.policy_version, self._newest_version
        if version in self.bad_versions:
            self.tell(SwapKind.REFUSED, policy, f"version {version} was found to be bad before")
        elif version <= newest:
            # Not bad for that: it may be the very version that acts.
            sentence = f"expected a version above {newest}, found {version}"
            self.tell(SwapKind.OUTDATED, policy, sentence)
        else:
            self._newest_version = version
            return True
        return False

    def resume(self, policy: ActingPolicy) -> None:
        """Note a version that acts already."""
        self._newest_version = policy.policy_version
        self.tell(SwapKind.RESUMED, policy, "acted before the restart")

    def give_up(
        self,
        kind: SwapKind,
        policy: ActingPolicy,
        sentence: str,
        statistics: Mapping[str, float] | None = None,
    ) -> None:
        """Tell of a version that is refused or rolled back; it is bad from now on."""
        self.bad_versions.add(policy.policy_version)
        self.tell(kind, policy, sentence, statistics)

    def tell(
        self,
        kind: SwapKind,
        policy: ActingPolicy,
        sentence: str,
        statistics: Mapping[str, float] | None = None,
    ) -> None:
        """Count an event and hand it on."""
        self.counts[kind] += 1
        self._on_event(
            SwapEvent(
                kind=kind,
                policy_version=policy.policy_version,
                bundle_hash=policy.bundle_hash,
                tick=self.tick,
                sentence=sentence,
                statistics=statistics or {},
            )
        )
