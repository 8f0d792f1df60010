"""Is the version that acts worse than those before it? Judged by blocks of transitions.

A block is about a second. Style is judged after each block: did the gate step in more, or was the
robot driven more roughly, than in any recent block before this version? Rewards vary too much for
that; they are compared once there are `return_blocks` blocks.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rl_agent.safety.leaning import is_limited
from rl_agent.types import Transition

from .bound import Bound

LIMITED_BOUND = Bound(most=0.9, ratio=2.0, margin=0.3, step=0.1)
CHANGE_BOUND = Bound(most=0.5, ratio=3.0, margin=0.15, step=0.1)
ROUGH_BOUND = Bound(most=0.9, ratio=2.0, margin=0.2, step=0.15)
_FIGURES = ("limited", "change", "rough")


@dataclass(frozen=True, kw_only=True)
class WatchConfig:
    """When a version counts as worse."""

    block_ticks: int = 20
    """Transitions of a block: 1 s at 20 Hz."""
    usual_blocks: int = 10
    """A block's style is compared with the worst of so many recent blocks before this version."""
    return_blocks: int = 10
    """After so many blocks the return is judged."""
    reference_blocks: int = 40
    """Returns are compared with the last so many blocks of trusted versions."""
    num_errors: float = 4.0
    """A return is worse if it is lower by more than so many standard errors. These are computed as
    if blocks were independent; neighbouring ones are alike, so that the true error may be twice as
    large, and 4 computed ones only 2 true ones."""
    min_drop: float = 0.1
    """And by more than this part of the reference's |mean| or deviation, whichever is larger: where
    rewards are constant the standard error is zero, and any trifle would count."""
    limited: Bound = LIMITED_BOUND
    """Bound on the share of transitions that a limit changed, 0 to 1."""
    min_change: float = 0.05
    """[action units] `limited` does not count while the block's mean change is no larger: a gate
    that changes every action by a trifle does no harm."""
    change: Bound = CHANGE_BOUND
    """Bound on the mean |action - applied action| [action units], 0 to 2. A transition in which no
    limit acted counts as 0."""
    rough: Bound = ROUGH_BOUND
    """Bound on the mean |action - previous action| [action units], exploration included, 0 to 2.
    Independent uniform actions have 0.67, so that a policy that still explores widely passes."""

    def __post_init__(self) -> None:
        counts = (self.block_ticks, self.usual_blocks, self.return_blocks)
        if min(counts) < 1 or self.reference_blocks < self.return_blocks:
            message = "expected positive counts, and reference_blocks not below return_blocks"
            raise ValueError(f"{message}, found {self}")
        if not (self.num_errors > 0.0 and self.min_drop >= 0.0 and self.min_change >= 0.0):
            raise ValueError(f"expected num_errors above 0 and no negative part, found {self}")


class Finding(StrEnum):
    """What the watch found out."""

    TRUSTED = "trusted"
    WORSE_STYLE = "worse_style"
    """The limiter steps in more, or the robot is driven more roughly."""
    WORSE_RETURN = "worse_return"


@dataclass(frozen=True)
class WatchVerdict:
    """A finding, why, and what was measured."""

    finding: Finding
    sentence: str
    statistics: dict[str, float]
    is_compared: bool
    """Whether a predecessor's figures were there to compare with."""


@dataclass(frozen=True)
class _Block:
    """Means over `block_ticks` transitions."""

    reward: float
    limited: float
    change: float
    rough: float


class SwapWatch:
    """Keeps the blocks of the version that acts, of those not judged yet, and of trusted ones.

    Versions may follow each other faster than their returns can be judged. Then the blocks of all
    versions since the last trusted one are judged together, so that a learner that gets slowly
    worse is noticed too.
    """

    def __init__(self, config: WatchConfig) -> None:
        self._config = config
        self._sums = np.zeros(1 + len(_FIGURES))
        self._count = 0
        self._own: list[_Block] = []
        self._recent: list[_Block] = []
        self.num_blocks = 0
        """Blocks that the version that acts has finished."""
        self._trusted: deque[_Block] = deque(maxlen=config.reference_blocks)
        self._is_judged = False

    def promote(self) -> None:
        """Begin with a new version; blocks of its predecessor stay to compare it with."""
        self._recent += self._own
        self._begin(is_judged=False)

    def roll_back(self, *, is_trusted: bool) -> None:
        """Forget the version that acted; its predecessor acts again."""
        if is_trusted:
            self._recent.clear()
        self._begin(is_judged=is_trusted)

    def note(
        self, transition: Transition, slack: float = 1.0, *, is_alone: bool = False
    ) -> WatchVerdict | None:
        """Take in a transition of the version that acts; return a verdict if it leads to one.

        Args:
            transition: Concluded, and wholly of this version.
            slack: >= 1, a factor on the bounds of style: limited, change, rough.
            is_alone: There is no predecessor to go back to, so that it is never found worse: what
                it does sets the standard.
        """
        figures = _figures(transition)
        if not np.isfinite(figures).all():
            return None
        self._sums += figures
        self._count += 1
        if self._count < self._config.block_ticks:
            return None
        block = _Block(*(float(value) for value in self._sums / self._count))
        self._sums[:] = 0.0
        self._count = 0
        return self._judge(block, slack, is_alone)

    def _judge(self, block: _Block, slack: float, is_alone: bool) -> WatchVerdict | None:
        self.num_blocks += 1
        if self._is_judged:
            # The world changes too: the blocks of a trusted version show what can be had now.
            self._trusted.append(block)
            return None
        worse = None if is_alone else self._style_verdict(block, slack)
        if worse is not None:
            return worse
        self._own.append(block)
        if len(self._recent) + len(self._own) < self._config.return_blocks:
            return None
        return self._return_verdict(is_alone)

    def _style_verdict(self, block: _Block, slack: float) -> WatchVerdict | None:
        usual = [*self._trusted, *self._recent][-self._config.usual_blocks :]
        statistics = {name: getattr(block, name) for name in _FIGURES}
        for name in _FIGURES:
            reference = max((getattr(other, name) for other in usual), default=None)
            limit = getattr(self._config, name).limit(reference, slack)
            found = statistics[name]
            if found <= limit or (name == "limited" and block.change <= self._config.min_change):
                continue
            before = "no version before" if reference is None else f"before {reference:.2f}"
            message = f"{name}: expected at most {limit:.2f} ({before}), found {found:.2f}"
            is_compared = reference is not None
            return WatchVerdict(Finding.WORSE_STYLE, message, statistics, is_compared)
        return None

    def _return_verdict(self, is_alone: bool) -> WatchVerdict:
        recent = np.array([block.reward for block in [*self._recent, *self._own]])
        reference = np.array([block.reward for block in self._trusted])
        statistics = {"reward": float(recent.mean())}
        has_reference = len(reference) >= self._config.return_blocks
        if has_reference:
            statistics |= _compare(recent, reference)
            if not is_alone and self._is_worse(statistics):
                self._recent.clear()
                message = "reward per tick: expected at least {reward_before:.4g} within "
                message += (
                    "{errors:.1f} standard errors of {standard_error:.3g}, found {reward:.4g}"
                )
                sentence = message.format(errors=self._config.num_errors, **statistics)
                return WatchVerdict(Finding.WORSE_RETURN, sentence, statistics, True)
        self._trusted.extend([*self._recent, *self._own])
        self._recent.clear()
        self._own.clear()
        self._is_judged = True
        sentence = f"not worse than before: {statistics['reward']:.4g} per tick"
        is_compared = has_reference and not is_alone
        return WatchVerdict(Finding.TRUSTED, sentence, statistics, is_compared)

    def _is_worse(self, statistics: dict[str, float]) -> bool:
        drop = statistics["reward_before"] - statistics["reward"]
        size = max(abs(statistics["reward_before"]), statistics["deviation_before"])
        # Above 0 also where all rewards were 0: rounding is no drop.
        least = max(self._config.min_drop * size, 1e-9)
        return drop > max(self._config.num_errors * statistics["standard_error"], least)

    def _begin(self, *, is_judged: bool) -> None:
        self._own.clear()
        self.num_blocks = 0
        self._sums[:] = 0.0
        self._count = 0
        self._is_judged = is_judged


def _figures(transition: Transition) -> np.ndarray:
    """Return reward, limited, change, rough of one transition."""
    limited = is_limited(transition.reasons)
    change = np.mean(np.abs(transition.action - transition.applied_action)) if limited else 0.0
    rough = np.mean(np.abs(transition.action - transition.previous_action))
    return np.array([transition.reward, float(limited), change, rough])


def _compare(recent: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """Return the reference's mean and deviation, and the error of the difference of the means."""
    variances = [
        part.var(ddof=1) / len(part) if len(part) > 1 else 0.0 for part in (recent, reference)
    ]
    return {
        "reward_before": float(reference.mean()),
        "deviation_before": float(reference.std()),
        "standard_error": math.sqrt(sum(variances)),
    }
