"""A learned judge: success where its classifier has been sure for a while."""

from __future__ import annotations

import math

import numpy as np

from rl_agent.types import Transition

from .success_classifier import SuccessClassifier

HOLD_S = 0.25
"""A policy that earns by passing through a mistake of the classifier's would learn to find it."""


class ClassifierJudge:
    """A `Judge` of successes; it never says failure, since time ends an episode as well."""

    speaks_late = False

    def __init__(self, classifier: SuccessClassifier, policy_hz: float) -> None:
        """Judge by `classifier`; `policy_hz` is how often it is asked."""
        self.name = f"classifier {classifier.digest}"
        self._classifier = classifier
        self._num_needed = max(1, math.ceil(HOLD_S * policy_hz - 1e-9))
        self._num_held = 0

    def look(self, transition: Transition) -> bool | None:
        """Return True once the classifier has been sure of `HOLD_S` in a row."""
        is_sure = self._classifier.is_sure(
            transition.next_context.astype(np.float64), transition.goal.astype(np.float64)
        )
        self._num_held = self._num_held + 1 if is_sure else 0
        return True if self._num_held >= self._num_needed else None

    def forget(self) -> None:
        """Count anew."""
        self._num_held = 0
