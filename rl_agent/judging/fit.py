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
LEAST_OTHERS = 50
LEAST_GAIN = 0.3
"""By which the share of successes found must exceed that of other steps taken for one."""
RIDGE = 1e-3
"""Prior precision of standardised weights: keeps what can be separated from growing for ever."""
NUM_ROUNDS = 50
CLOSE = 1e-8
NUM_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class LabelledSteps:
    """What to learn from; steps lie in the order in which they were lived."""

    task: dict[str, Any]
    contexts: Array  # (N, context_dim)
    goals: Array  # (N, goal_dim)
    is_success: NDArray[np.bool_]  # (N,)


def fit_classifier(steps: LabelledSteps) -> SuccessClassifier:
    """Return the classifier of all steps; its facts are from folds that it had not seen.

    Some of the others are as good as successes, only that nobody said so: an arm that passes its
    goal, say. Where successes are labelled at random, p(labelled) = c p(success), and c is what the
    classifier says on average of labels that it has not seen (Elkan and Noto 2008). So it is sure
    from c / 2 on.

    Raises:
        JudgingError: There are too few labels, or they are not told from other steps.
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
    """Return (D + 1,) weights and bias by Newton's method; the bias has no prior."""
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
        # Halved until it helps: far from the optimum a whole step may overshoot.
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
    """Return (N,) what is said of each step by a classifier that was not fitted to it."""
    fold = _folds(steps.is_success)
    probability = np.zeros(len(fold))
    for number in range(NUM_FOLDS):
        unseen = _part(steps, fold == number)
        classifier = _fit(_part(steps, fold != number))
        probability[fold == number] = classifier.probability(unseen.contexts, unseen.goals)
    return probability


def _folds(is_success: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return (N,) fold numbers: of successes and of others as many in each, neighbours together."""
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
