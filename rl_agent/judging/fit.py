"""Fits a success classifier: what a person called a success, against all else that was lived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl_agent.exceptions import JudgingError
from rl_agent.types import Array

from .features import base_features, quadratic
from .success_classifier import CLIP, SuccessClassifier

LEAST_SUCCESSES = 5
"""One for each of `NUM_FOLDS`."""
LEAST_OTHERS = 50
LEAST_GAIN = 0.3
"""The share of successes that are found, less that of other steps that are taken for one, must be
at least this: by chance it is 0."""
RIDGE = 1e-3
"""Precision of the Gaussian prior on the weights: without it they grow without end where successes
can be told from the rest without a mistake."""
NUM_ROUNDS = 50
"""Most steps of Newton's method."""
CLOSE = 1e-8
"""It ends where a step lowers the loss by less than this part of it."""
NUM_FOLDS = 5
"""Parts for cross-validation: each is predicted from the others."""


@dataclass(frozen=True, kw_only=True)
class LabelledSteps:
    """What to learn from; steps lie in the order in which they were lived."""

    task: dict[str, Any]
    contexts: Array  # (N, context_dim)
    goals: Array  # (N, goal_dim)
    is_success: NDArray[np.bool_]  # (N,)


def fit_classifier(steps: LabelledSteps) -> SuccessClassifier:
    """Return a classifier fitted to all steps; its threshold and facts come from cross-validation.

    Some steps without a label are successes too: an arm that only passes its goal, say. If the
    labelled successes are a random part of all, then p(labelled) = c p(success), and c is what the
    classifier says on average of labelled successes that it was not fitted to (Elkan and Noto
    2008). The threshold p(success) = 1/2 is therefore p(labelled) = c / 2.

    Raises:
        JudgingError: There are too few labels, or they cannot be told from other steps.
    """
    num_successes = int(steps.is_success.sum())
    num_others = len(steps.is_success) - num_successes
    if num_successes < LEAST_SUCCESSES or num_others < LEAST_OTHERS:
        raise JudgingError(
            f"{num_successes} successes and {num_others} other steps are too few: at least "
            f"{LEAST_SUCCESSES} and {LEAST_OTHERS} are needed; run `surefoot live` with "
            "--judge human and say y at each success"
        )
    probability = _cross_validate(steps)
    threshold = 0.5 * float(probability[steps.is_success].mean())
    sure = probability >= threshold
    facts = {
        "num_successes": float(num_successes),
        "num_others": float(num_others),
        "found_share": float(sure[steps.is_success].mean()),
        "false_share": float(sure[~steps.is_success].mean()),
    }
    if facts["found_share"] - facts["false_share"] < LEAST_GAIN:
        raise JudgingError(
            f"what was called a success looks like all else: of labels that it had not seen a "
            f"classifier finds {facts['found_share']:.0%}, and takes {facts['false_share']:.0%} of "
            "other steps for one; more labels may help, unless readings do not show it"
        )
    return replace(_fit(steps), threshold=threshold, facts=facts)


def _fit(steps: LabelledSteps) -> SuccessClassifier:
    base = base_features(steps.contexts, steps.goals)
    mean, scale = base.mean(axis=0), np.maximum(base.std(axis=0), 1e-6)
    inputs = quadratic(np.clip((base - mean) / scale, -CLIP, CLIP))
    weights = _logistic_regression(inputs, steps.is_success)
    return SuccessClassifier(
        task=steps.task,
        context_dim=steps.contexts.shape[1],
        goal_dim=steps.goals.shape[1],
        mean=mean,
        scale=scale,
        weights=weights[:-1],
        bias=float(weights[-1]),
    )


def _logistic_regression(inputs: Array, is_success: NDArray[np.bool_]) -> Array:
    """Return (D + 1,) weights and bias by Newton's method; the bias has hardly any prior."""
    x = np.column_stack([inputs, np.ones(len(inputs))])
    prior = np.full(x.shape[1], RIDGE)
    prior[-1] = 1e-6
    weights = np.zeros(x.shape[1])
    loss = _loss(x, is_success, weights, prior)
    for _ in range(NUM_ROUNDS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ weights, -50.0, 50.0)))
        gradient = x.T @ (p - is_success) + prior * weights
        hessian = (x * (p * (1.0 - p))[:, None]).T @ x + np.diag(prior)
        step, share = np.linalg.solve(hessian, gradient), 1.0
        # Halved until the loss falls: far from the optimum a whole step may overshoot.
        while (new := _loss(x, is_success, weights - share * step, prior)) > loss and share > 1e-6:
            share *= 0.5
        weights = weights - share * step
        if loss - new < CLOSE * max(1.0, abs(loss)):
            break
        loss = new
    return weights


def _loss(x: Array, is_success: NDArray[np.bool_], weights: Array, prior: Array) -> float:
    logit = x @ weights
    return float(np.sum(np.logaddexp(0.0, logit) - is_success * logit) + 0.5 * prior @ weights**2)


def _cross_validate(steps: LabelledSteps) -> Array:
    """Return (N,) each step's probability, by a classifier that was not fitted to that step."""
    fold = _folds(steps.is_success)
    probability = np.zeros(len(fold))
    for number in range(NUM_FOLDS):
        unseen = _part(steps, fold == number)
        classifier = _fit(_part(steps, fold != number))
        probability[fold == number] = classifier.probability(unseen.contexts, unseen.goals)
    return probability


def _folds(is_success: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return (N,) fold numbers: each fold has its share of successes and of other steps.

    Neighbouring steps stay in one fold: they are so alike that one would give the other away.
    """
    fold = np.zeros(len(is_success), dtype=np.intp)
    for kind in (is_success, ~is_success):
        fold[kind] = np.arange(kind.sum()) * NUM_FOLDS // max(int(kind.sum()), 1)
    return fold


def _part(steps: LabelledSteps, chosen: NDArray[np.bool_]) -> LabelledSteps:
    return LabelledSteps(
        task=steps.task,
        contexts=steps.contexts[chosen],
        goals=steps.goals[chosen],
        is_success=steps.is_success[chosen],
    )
