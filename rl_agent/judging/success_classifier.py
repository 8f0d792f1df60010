"""Is this a success? A logistic regression on a task's context and goal, in a JSON file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl_agent.data.disk import write_durably
from rl_agent.exceptions import JudgingError
from rl_agent.types import Array

from .features import base_features, num_quadratic, quadratic

SCHEMA_VERSION = 1
MOST_BYTES = 1_000_000
CLIP = 8.0
"""Base features are clipped to so many standard deviations: far from all that it was fitted to,
products of two of them would become arbitrarily large."""


@dataclass(frozen=True, kw_only=True)
class SuccessClassifier:
    """p = sigmoid(w q(z) + b): z are the standardised base features, q(z) they and their products.

    It needs no PyTorch; a robot evaluates it in microseconds.
    """

    task: dict[str, Any]
    """`Task.describe()` of what it was fitted for."""
    context_dim: int
    goal_dim: int
    mean: Array  # (D,)
    scale: Array  # (D,) above 0
    weights: Array  # (D + D (D + 1) / 2,)
    bias: float
    threshold: float = 0.5
    """It is sure of a success from this probability on."""
    facts: dict[str, float] = field(default_factory=dict)
    """How many steps it was fitted to and how it did on unseen ones; for people."""

    def __post_init__(self) -> None:
        size = len(self.mean)
        numbers = (self.mean, self.scale, self.weights, np.array([self.bias]))
        if self.scale.shape != (size,) or self.weights.shape != (num_quadratic(size),):
            raise ValueError(f"{size} features do not fit {self.weights.shape} weights")
        if size != self.context_dim + self.goal_dim:
            raise ValueError(f"{size} features are not those of context and goal")
        if not 0.0 < self.threshold < 1.0:
            raise ValueError("its threshold must be in (0, 1)")
        if not all(np.isfinite(part).all() for part in numbers) or not (self.scale > 0.0).all():
            raise ValueError("its numbers must be finite, its scales above 0")

    def is_sure(
        self,
        context: Array,  # (..., context_dim)
        goal: Array,  # (..., goal_dim)
    ) -> NDArray[np.bool_]:
        """Return (...) whether the probability reaches the threshold; NaN never does."""
        return np.asarray(self.probability(context, goal) >= self.threshold)

    def probability(
        self,
        context: Array,  # (..., context_dim)
        goal: Array,  # (..., goal_dim)
    ) -> Array:
        """Return (...) how likely a person would say success; NaN where a number is missing."""
        base = (base_features(context, goal) - self.mean) / self.scale
        logit = quadratic(np.clip(base, -CLIP, CLIP)) @ self.weights + self.bias
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -50.0, 50.0))))

    @property
    def digest(self) -> str:
        """Return 12 hex digits of the sha256 of the whole file's text."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """Return the file's text."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "kind": "quadratic logistic regression",
            "task": self.task,
            "context_dim": self.context_dim,
            "goal_dim": self.goal_dim,
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "weights": self.weights.tolist(),
            "bias": self.bias,
            "threshold": self.threshold,
            "facts": self.facts,
        }
        return json.dumps(document, indent=1, allow_nan=False)

    def write(self, path: Path) -> None:
        """Write the file."""
        write_durably(path, self.to_json().encode())


def read_classifier(path: Path) -> SuccessClassifier:
    """Return what `write` wrote.

    Raises:
        JudgingError: There is no such file, or it is no sound classifier.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("it is far too large")
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema_version"] != SCHEMA_VERSION:
            found = document["schema_version"]
            raise ValueError(f"this Surefoot reads version {SCHEMA_VERSION}, the file says {found}")
        return SuccessClassifier(
            task=dict(document["task"]),
            context_dim=int(document["context_dim"]),
            goal_dim=int(document["goal_dim"]),
            mean=np.array(document["mean"], dtype=np.float64),
            scale=np.array(document["scale"], dtype=np.float64),
            weights=np.array(document["weights"], dtype=np.float64),
            bias=float(document["bias"]),
            threshold=float(document["threshold"]),
            facts=dict(document["facts"]),
        )
    except FileNotFoundError as error:
        raise JudgingError(f"{path}: no such file; `surefoot judge fit` writes one") from error
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise JudgingError(f"{path} is no success classifier: {error}") from error
