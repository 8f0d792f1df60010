"""The actions that were proposed last: what is on its way to a robot whose loop has delays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import FloatArray


@dataclass(frozen=True)
class RecentActions:
    """As many as the profile's `observation.history`, and the newest; zeros before the first."""

    actions: FloatArray
    """(1 + history, act_dim) in [-1, 1], newest first."""

    @classmethod
    def none(cls, spec: RobotSpec) -> RecentActions:
        """Return those of a robot that starts anew."""
        return cls(np.zeros((1 + spec.obs_history, spec.act_dim), np.float32))

    @property
    def newest(self) -> FloatArray:
        """(act_dim,) that of the step before."""
        return self.actions[0]

    @property
    def older(self) -> FloatArray:
        """(history, act_dim) those before it, newest first."""
        return self.actions[1:]

    def then(self, action: FloatArray) -> RecentActions:
        """Return what is recent after one more action (act_dim,)."""
        return RecentActions(np.vstack([action, self.actions[:-1]]).astype(np.float32))
