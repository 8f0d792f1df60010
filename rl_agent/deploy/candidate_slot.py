"""Room for one candidate, and one newer version that waits for it."""

from __future__ import annotations

from .acting_policy import ActingPolicy
from .shadow_run import ShadowConfig, ShadowRun


class CandidateSlot:
    """Who is examined or blended in, and who comes next.

    A newer version replaces the candidate in shadow: why examine what is outdated? But a learner
    may publish faster than a shadow run takes, and then no run would ever end. So the candidate is
    replaced only for the length of one run, counted from when the first one came in; a version that
    comes later waits.
    """

    def __init__(self, config: ShadowConfig) -> None:
        self._config = config
        self.policy: ActingPolicy | None = None
        """The candidate."""
        self.shadow = ShadowRun(config)
        self.num_blended = 0
        """Ticks of its blend so far."""
        self.is_blending = False
        self._waiting: ActingPolicy | None = None
        self._since_tick = 0

    def offer(self, policy: ActingPolicy, tick: int) -> ActingPolicy | None:
        """Take `policy` in as candidate or as the one that waits; return the one it replaced."""
        if self.policy is None:
            self._since_tick = tick
            return self._take_up(policy)
        if self.is_blending or tick - self._since_tick >= self._config.num_ticks:
            outdated, self._waiting = self._waiting, policy
            return outdated
        return self._take_up(policy)

    def clear(self, tick: int) -> None:
        """Let the candidate go; the version that waited becomes the candidate."""
        self.policy = None
        self.is_blending = False
        if self._waiting is not None:
            self._since_tick = tick
            self._take_up(self._waiting)
            self._waiting = None

    def examine_again(self) -> None:
        """Begin the shadow run anew, because another policy acts now; a blend goes on."""
        if not self.is_blending:
            self.shadow = ShadowRun(self._config)

    def blend(self) -> None:
        """End the shadow run: from now on the candidate's part of the action grows."""
        self.is_blending = True
        self.num_blended = 0

    def _take_up(self, policy: ActingPolicy) -> ActingPolicy | None:
        before, self.policy = self.policy, policy
        self.is_blending = False
        self.shadow = ShadowRun(self._config)
        return before
