"""Following error: the robot is not where it was commanded to be."""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.safety.watchdog import ROUNDING_S
from rl_agent.spec import RobotSpec
from rl_agent.types import Reason

RELEASE_SHARE = 0.3
"""Of what may be, for a robot that gives way."""


class FollowingMonitor(Monitor):
    """|q - q_command| <= max_following_error, but for less than following_ms.

    Finds a locked joint, a motor without strength, and an encoder that drifts or jumped.
    """

    def __init__(self, spec: RobotSpec) -> None:
        joints = spec.command_joints
        unlimited = float("inf")
        errors = [joint.max_following_error or unlimited for joint in joints]
        self._most = np.array(errors)
        self._names = spec.command_names
        self._index = np.array(spec.command_index)
        self._release_share = RELEASE_SHARE if spec.safety.gives_way else 1.0
        self._patience_s = spec.safety.following_ms / 1e3
        self._since_s: float | None = None
        self._finding: Finding | None = None

    def check(self, view: View) -> Finding | None:
        """Compare the newest measurement with the applied command."""
        if not view.is_new:
            return self._finding
        error = np.abs(view.measurement.position[self._index] - view.position)
        # Once it holds, they must be much nearer: who gives way shall not stop half-way.
        share = 1.0 if self._finding is None else self._release_share
        if not (error > share * self._most).any():
            self._since_s = self._finding = None
            return None
        if self._since_s is None:
            self._since_s = view.now_s
        if view.now_s - self._since_s < self._patience_s - ROUNDING_S:
            return self._finding
        worst = int(np.argmax(error - self._most))
        self._finding = Finding(
            Reason.FOLLOWING_ERROR,
            f"{self._names[worst]} is {error[worst]:.3f} from its command, more than "
            f"the {self._most[worst]:g} allowed",
        )
        return self._finding

    def restart(self) -> None:
        """Begin with no error."""
        self._since_s = self._finding = None

    def get_state(self) -> dict[str, Any]:
        """Return since when there has been an error."""
        return {"since_s": self._since_s, "finding": to_state(self._finding)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._since_s = state["since_s"]
        self._finding = from_state(state["finding"])


def to_state(finding: Finding | None) -> list[Any] | None:
    """Return a finding as numbers and text."""
    return None if finding is None else [int(finding.reason), finding.words, finding.is_final]


def from_state(state: list[Any] | None) -> Finding | None:
    """Return the finding that `to_state` was given."""
    if state is None:
        return None
    return Finding(Reason(state[0]), str(state[1]), bool(state[2]))
