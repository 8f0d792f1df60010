"""Where a live run's learner is, as typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rl_agent.exceptions import Problem, ProblemsError


@dataclass(frozen=True, kw_only=True)
class LearnerOptions:
    """Of a learner on another machine."""

    learner: str
    """HOST:PORT."""
    key: Path | None
    robot_id: str
    """Empty: the run's, or this machine's name."""


def make_elsewhere(learner: str, key: Path | None, robot_id: str) -> LearnerOptions | None:
    """Return where the learner is; None where it is here.

    Raises:
        ProblemsError: Something was given that a learner here has no use for.
    """
    if learner:
        return LearnerOptions(learner=learner, key=key, robot_id=robot_id)
    given = {"--key": key is not None, "--robot-id": bool(robot_id)}
    problems = [Problem(name, "is for --learner") for name, is_given in given.items() if is_given]
    if problems:
        raise ProblemsError("surefoot live", problems)
    return None
