"""The same fresh targets for every backend: a stream made by the seed, not by the robot's path."""

from __future__ import annotations

import numpy as np

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.spec import WorkspaceSpec
from rl_agent.types import Array

from .reach import sample_workspace
from .reach_trial import ReachRule

MAX_DRAWS = 10_000


class ReachTargets:
    """Draws targets uniformly over the workspace, each at least `min_distance_m` from the start.

    Each target also keeps that distance plus the rule's radius from the one before. Whoever reached
    the one before then meets the same next target, whichever way it came.
    """

    def __init__(self, workspace: WorkspaceSpec, seed: int, rule: ReachRule | None = None) -> None:
        self._workspace = workspace
        self._rng = np.random.default_rng(seed)
        self._rule = rule or ReachRule()
        self._previous: Array | None = None

    def next(
        self,
        tool: Array,  # (3,) where the tool is now, in the base frame [m]
    ) -> Array:
        """Return the next target (3,) [m].

        Raises:
            ProfileError: The workspace is too small to hold targets so far apart.
        """
        apart_m = self._rule.min_distance_m + self._rule.radius_m
        for _ in range(MAX_DRAWS):
            target = sample_workspace(self._workspace, self._rng)[0]
            if self._previous is not None and _distance(target, self._previous) < apart_m:
                continue
            # Bites only after a miss, or where the first start is near.
            if _distance(target, tool) < self._rule.min_distance_m:
                continue
            self._previous = target
            return target
        message = f"found no target {apart_m} m from the one before; the workspace is too small"
        raise ProfileError("profile", [Problem("tool.workspace", message)])


def _distance(a: Array, b: Array) -> float:
    return float(np.linalg.norm(a - b))
