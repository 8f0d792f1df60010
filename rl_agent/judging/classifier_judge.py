"""A learned judge: it calls a success once its classifier has been sure for a while."""

from __future__ import annotations

import math

import numpy as np

from rl_agent.types import Transition

from .success_classifier import SuccessClassifier

HOLD_S = 0.25
"""So long the classifier must be sure [s]. If a moment were enough, the policy would learn to pass
through states that the classifier mistakes for a success."""


class ClassifierJudge:
    """A `Judge` of successes. It never says failure: other episodes end by their time limit."""

    speaks_late = False

    def __init__(self, classifier: SuccessClassifier, policy_hz: float) -> None:
        """Judge by `classifier`; `policy_hz` is how often it is asked."""
        self.name = f"classifier {classifier.digest}"
        self._classifier = classifier
        self._num_needed = max(1, math.ceil(HOLD_S * policy_hz - 1e-9))
        self._num_held = 0

    def look(self, transition: Transition) -> bool | None:
        """Return True once the classifier has been sure for `HOLD_S` without a break."""
        is_sure = self._classifier.is_sure(
            transition.next_context.astype(np.float64), transition.goal.astype(np.float64)
        )
        self._num_held = self._num_held + 1 if is_sure else 0
        return True if self._num_held >= self._num_needed else None

    def forget(self) -> None:
        """Count anew."""
        self._num_held = 0
