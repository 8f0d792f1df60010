"""New versions of a policy for a robot that moves: taken up between two ticks, given up if bad.

Pure and synchronous: it counts ticks, knows no time, starts no thread and raises nothing in a tick.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from rl_agent.types import FloatArray, Transition

from .acting_policy import ActingPolicy, Gaussian
from .candidate_slot import CandidateSlot
from .gain import gain_objection
from .gaussians import Fade, ask, mix
from .shadow_run import is_constant
from .swap_config import SwapConfig
from .swap_event import SwapEvent, SwapKind
from .swap_ledger import SwapLedger
from .swap_watch import Finding, SwapWatch
from .version_line import VersionLine

_MOST_DOUBLINGS = 10


class HotSwap:
    """The policy of a control loop, exchanged while it acts.

    A version that is offered runs in *shadow*: it sees what the incumbent sees, and does not act.
    Then it is *blended in*: its part of mean and log_std grows linearly, so that the action does
    not jump. Then it is *promoted*: it is the incumbent, acts alone and is *watched*; where it is
    worse than those before it, they act again.

    Nobody is locked out. A learner that improves quickly changes its policy a lot: early on, means
    grow from nearly zero to saturation within a few versions. Therefore
    - style (how saturated, how rough, how often limited) is judged against the incumbent, in
      shadow on the same observations, with wide bounds;
    - a suspicious style proves nothing: after `max_refusals` suspicious versions in a row the next
      one goes on trial on the robot, for as long as the watch needs;
    - each trial that ends because of style doubles the bounds, in shadow and on the robot, until a
      version is trusted. After a few, no style can exceed them, and only returns decide: a learner
      that insists on driving that way, and earns no less, may do so;
    - returns take many seconds to judge: a version that only they can stop acts for so long.
    Never excused is an output that is not finite, or one that does not depend on the observation:
    a learner that works does not make it twice.

    Per tick: one inference, two while a candidate is in shadow or blended in; in the tick that
    decides on it, one more for each of its golden observations.
    """

    def __init__(
        self,
        config: SwapConfig | None = None,
        on_event: Callable[[SwapEvent], None] = lambda event: None,
        *,
        bad_versions: Collection[int] = (),
    ) -> None:
        """Start without a policy.

        Args:
            config: Ticks and bounds.
            on_event: Is told what happens, in the control loop: it must return at once.
            bad_versions: Refused if they are offered: what an earlier session found bad.
        """
        self._config = config or SwapConfig()
        self._ledger = SwapLedger(on_event, bad_versions)
        self._slot = CandidateSlot(self._config.shadow)
        self._line = VersionLine(self._config.max_kept)
        self._watch = SwapWatch(self._config.watch)
        self._fade: Fade | None = None
        self._last: Gaussian | None = None
        self._promoted_tick = 0
        self._has_skipped = False
        self._is_resumed = False
        """Whether the incumbent acted before a restart, and nobody was promoted since."""
        self._must_compare = False
        """Whether nobody becomes trusted for want of anything to compare with."""
        self._num_objections = 0
        self._num_failed_trials = 0
        self.num_silent = 0
        """Ticks without an output although the observation was finite."""

    @property
    def tick(self) -> int:
        """Calls of `mean_log_std` so far."""
        return self._ledger.tick

    @property
    def num_promoted(self) -> int:
        """Versions that were promoted."""
        return self._ledger.counts[SwapKind.PROMOTED]

    @property
    def num_refused(self) -> int:
        """Versions that were offered and never acted."""
        return self._ledger.counts[SwapKind.REFUSED]

    @property
    def num_rolled_back(self) -> int:
        """Versions that acted and were given up."""
        return self._ledger.counts[SwapKind.ROLLED_BACK]

    @property
    def has_policy(self) -> bool:
        """Whether a version was promoted; until then the caller acts on its own."""
        return self._line.incumbent is not None

    @property
    def policy_version(self) -> int:
        """The incumbent's version; 0 where there is none."""
        incumbent = self._line.incumbent
        return incumbent.policy_version if incumbent is not None else 0

    @property
    def bundle_hash(self) -> str:
        """The incumbent's; empty where there is none."""
        incumbent = self._line.incumbent
        return incumbent.bundle_hash if incumbent is not None else ""

    @property
    def candidate_version(self) -> int:
        """Who runs in shadow or is blended in; 0 where nobody does."""
        candidate = self._slot.policy
        return candidate.policy_version if candidate is not None else 0

    @property
    def is_blending(self) -> bool:
        """Whether two versions act together: in a blend, or in the fade after a roll back."""
        return self._slot.is_blending or self._fade is not None

    @property
    def bad_versions(self) -> frozenset[int]:
        """Versions that were refused or rolled back; none of them comes back."""
        return frozenset(self._ledger.bad_versions)

    def resume(
        self, policy: ActingPolicy, *, is_trusted: bool = False, is_only: bool = True
    ) -> None:
        """Let a verified policy act at once that acted before a restart; call it before all else.

        Args:
            policy: Promoted by an earlier hot swap, and not given up.
            is_trusted: Whether its return was found to be no worse.
            is_only: Whether no other version is left that acted. Then it becomes trusted as the
                first of all does, by acting for as long as a verdict takes; else only a comparison
                makes a version trusted.

        Raises:
            ValueError: A version acts already, or a tick has passed.
        """
        if self.has_policy or self.tick:
            raise ValueError(f"expected to resume before all else, found tick {self.tick}")
        self._line.promote(policy)
        if is_trusted:
            self._line.trust()
        self._watch.promote()
        self._is_resumed = True
        self._must_compare = is_trusted or not is_only
        self._ledger.resume(policy)

    def offer(self, policy: ActingPolicy) -> bool:
        """Take a verified policy in as candidate, or as the next one; return whether it was.

        A version that comes while another one is blended in, or too late to replace it in shadow
        (see `CandidateSlot`), waits; of those that wait only the newest is kept.
        """
        if not self._ledger.admits(policy):
            return False
        if is_constant(policy.golden):
            sentence = "frozen: all its golden observations get the same mean"
            self._ledger.give_up(SwapKind.REFUSED, policy, sentence)
            return False
        before = self._slot.offer(policy, self.tick)
        if before is not None:
            self._ledger.tell(
                SwapKind.REPLACED, before, f"version {policy.policy_version} is newer"
            )
        if self._slot.policy is policy:
            self._ledger.tell(SwapKind.ACCEPTED, policy, "runs in shadow")
        return True

    def mean_log_std(self, obs: FloatArray) -> Gaussian | None:
        """Return the Gaussian to act by in this tick, before the tanh: mean, log_std (act_dim,).

        None while no version was promoted (see `has_policy`), and for an observation that must not
        be acted on. Every number returned is finite.

        Args:
            obs: (obs_dim,).
        """
        self._ledger.tick += 1
        acting = self._ask_incumbent(obs)
        candidate = self._slot.policy
        if candidate is not None:
            answer = ask(candidate, obs)
            if self._slot.is_blending:
                acting = self._blend(candidate, acting, answer)
            else:
                self._examine(candidate, obs, acting, answer)
        if self._fade is not None and acting is not None:
            acting = self._fade.apply(acting)
            if self._fade.is_over:
                self._fade = None
        # Copied: the caller may work on what it gets.
        self._last = None if acting is None else (acting[0].copy(), acting[1].copy())
        return acting

    def note(self, transition: Transition) -> None:
        """Take in what became of an action; call it once per concluded transition of this policy.

        Transitions of a blend or a fade belong to no version and are left out, and so is the first
        one after it, which began before it was over.
        """
        incumbent = self._line.incumbent
        if incumbent is None or self.is_blending:
            self._has_skipped = False
            return
        if not self._has_skipped:
            self._has_skipped = True
            return
        is_alone = not self._line.predecessors
        verdict = self._watch.note(transition, self._slack, is_alone=is_alone)
        if verdict is None:
            return
        if verdict.finding is Finding.TRUSTED:
            self._num_failed_trials = 0
            # What it gets is what is usual from now on, but only a comparison makes it proven.
            self._line.trust()
            if verdict.is_compared or not self._must_compare:
                self._ledger.tell(SwapKind.TRUSTED, incumbent, verdict.sentence, verdict.statistics)
            return
        is_style = verdict.finding is Finding.WORSE_STYLE
        self._num_failed_trials += is_style
        # Returns judge all versions since the last one that proved itself, together.
        count = 1 if is_style else max(self._line.num_since_trusted(), 1)
        self.roll_back(verdict.sentence, count, verdict.statistics)

    def roll_back(
        self, sentence: str, count: int = 1, statistics: dict[str, float] | None = None
    ) -> bool:
        """Let a predecessor act again, after a short fade; return whether there was one.

        Args:
            sentence: Why.
            count: So many versions, the newest first, are dropped and marked as bad.
            statistics: What was measured.
        """
        if not self._drop(sentence, count, statistics):
            return False
        if self._last is not None:
            self._fade = Fade(self._last, self._config.rollback_ticks)
        return True

    @property
    def _slack(self) -> float:
        return float(2 ** min(self._num_failed_trials, _MOST_DOUBLINGS))

    def _ask_incumbent(self, obs: FloatArray) -> Gaussian | None:
        incumbent = self._line.incumbent
        if incumbent is None:
            return None
        answer = ask(incumbent, obs)
        return answer if answer is not None else self._fall_back(obs)

    def _fall_back(self, obs: FloatArray) -> Gaussian | None:
        """Return the output of the newest older version that has one, and let it act from now on.

        Without a fade: where the next numbers are not finite, those before may have been wrong too,
        and are no place to start from. Where no version answers, the observation may be the cause,
        and no version is dropped.
        """
        if not np.isfinite(obs).all():
            return None
        for count, policy in enumerate(self._line.predecessors, 1):
            answer = ask(policy, obs)
            if answer is not None:
                self._fade = None
                self._drop("gave no finite output for a finite observation", count)
                return answer
        self.num_silent += 1
        return None

    def _examine(
        self,
        candidate: ActingPolicy,
        obs: FloatArray,
        acting: Gaussian | None,
        answer: Gaussian | None,
    ) -> None:
        if answer is None:
            # If the incumbent is silent too, or the observation is not finite, it is not to blame.
            if acting is not None or (not self.has_policy and np.isfinite(obs).all()):
                self._refuse(candidate, "gave no finite output for a finite observation")
            return
        self._slot.shadow.add(obs, answer[0], None if acting is None else acting[0])
        if self._slot.shadow.num_ticks >= self._config.shadow.num_ticks and self._may_promote():
            self._validate(candidate)

    def _may_promote(self) -> bool:
        if not self.has_policy:
            return True
        num_blocks, num_ticks = 1, self._config.hold_ticks
        if self._is_resumed:
            # What it earns was forgotten with the restart: measure it, to compare the next with.
            num_blocks = self._config.watch.return_blocks
            num_ticks = max(num_ticks, 2 * num_blocks * self._config.watch.block_ticks)
        has_waited = self.tick - self._promoted_tick >= num_ticks
        if self._is_resumed and self._line.is_trusted and not self.num_silent:
            # Ticks pass before the robot is armed, too: who is taken up then would have nothing to
            # be compared with. Where nothing is concluded nobody drives, and nobody waits in vain.
            has_waited = False
        return self._fade is None and (self._watch.num_blocks >= num_blocks or has_waited)

    def _validate(self, candidate: ActingPolicy) -> None:
        """Decide on a candidate whose shadow run is over."""
        shadow = self._slot.shadow
        statistics = shadow.statistics()
        if shadow.is_frozen():
            sentence = "frozen: its mean stood still while the observation moved"
            self._refuse(candidate, sentence, statistics)
            return
        objection = shadow.objection(self._slack) or self._gain_objection(candidate)
        if objection and self._num_objections < self._config.max_refusals:
            self._num_objections += 1
            self._refuse(candidate, objection, statistics)
            return
        self._num_objections = 0
        if not self.has_policy:
            self._promote(candidate, "the first version", statistics)
            return
        self._slot.blend()
        sentence = f"on trial in spite of {objection}" if objection else "its shadow run was good"
        self._ledger.tell(SwapKind.BLENDING, candidate, sentence, statistics)

    def _gain_objection(self, candidate: ActingPolicy) -> str:
        incumbent = self._line.incumbent
        return gain_objection(candidate, incumbent, self._slack) if incumbent is not None else ""

    def _blend(
        self, candidate: ActingPolicy, acting: Gaussian | None, answer: Gaussian | None
    ) -> Gaussian | None:
        if answer is None:
            if acting is not None:
                sentence = "gave no finite output while it was blended in"
                self._ledger.give_up(SwapKind.ROLLED_BACK, candidate, sentence)
                self._clear_slot()
            return acting
        if acting is None:
            self._promote(candidate, "at once, for its predecessor says nothing")
            return answer
        self._slot.num_blended += 1
        if self._slot.num_blended >= self._config.blend_ticks:
            self._promote(candidate, "blended in")
            return answer
        return mix(acting, answer, self._slot.num_blended / self._config.blend_ticks)

    def _promote(
        self, candidate: ActingPolicy, sentence: str, statistics: dict[str, float] | None = None
    ) -> None:
        self._line.promote(candidate)
        self._watch.promote()
        self._promoted_tick = self.tick
        self._has_skipped = self._is_resumed = False
        self._ledger.tell(SwapKind.PROMOTED, candidate, sentence, statistics)
        self._clear_slot()

    def _drop(self, sentence: str, count: int, statistics: dict[str, float] | None = None) -> bool:
        dropped = self._line.roll_back(count)
        for policy in dropped:
            self._ledger.give_up(SwapKind.ROLLED_BACK, policy, sentence, statistics)
        if dropped:
            self._watch.roll_back(is_trusted=self._line.is_trusted)
            self._slot.examine_again()
            self._promoted_tick = self.tick
            self._has_skipped = False
        return bool(dropped)

    def _refuse(
        self, candidate: ActingPolicy, sentence: str, statistics: dict[str, float] | None = None
    ) -> None:
        self._ledger.give_up(SwapKind.REFUSED, candidate, sentence, statistics)
        self._clear_slot()

    def _clear_slot(self) -> None:
        self._slot.clear(self.tick)
        if self._slot.policy is not None:
            self._ledger.tell(SwapKind.ACCEPTED, self._slot.policy, "runs in shadow")
