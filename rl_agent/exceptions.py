"""Named errors: mistakes that a message can mend. None is raised inside a control tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SurefootError(Exception):
    """Base of every error that the command line prints without a stack trace (exit status 2)."""


@dataclass(frozen=True)
class Problem:
    """One mistake in something that a user wrote."""

    path: str
    """Where: `joints[2].lower`, a topic, a file."""
    message: str
    """What was expected, what was found, and how to mend it."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ProblemsError(SurefootError):
    """Several mistakes at once, so that the user mends them in one go."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        count = len(self.problems)
        super().__init__(f"{source}: {count} problem{'s' if count != 1 else ''}\n{lines}")


class ProfileError(ProblemsError):
    """A robot profile or parameter file does not hold."""


class TwinMismatchError(ProblemsError):
    """A profile and its MJCF disagree."""


class GateError(SurefootError):
    """The gate lacks what the profile asks it to do."""


class BundleError(SurefootError):
    """A policy bundle was refused; the message says what was expected and what was found."""


class ContractError(ProblemsError):
    """A bundle and a robot profile disagree about observation, action, joints or rate."""


class BusyError(SurefootError):
    """Another process works in a folder; the message says which, and what to do."""


class CheckpointError(SurefootError):
    """No whole checkpoint could be read."""


class JournalError(SurefootError):
    """A journal's header or schema does not hold."""


class DiskFullError(SurefootError):
    """A stop was asked for while a disk had no room; what was written before is whole."""


class EnvironmentNotSupportedError(SurefootError):
    """A Gymnasium environment that the learner cannot work with, with the reason."""


class GraphError(SurefootError):
    """The ROS graph could not be brought up, or a foreign node answers where none may."""


class RemoteError(SurefootError):
    """The link between a robot and its learner cannot be set up; the message says what to do."""


class ProtocolError(RemoteError):
    """What arrived over the link is not what the other end would send."""


class LinkLostError(RemoteError):
    """The other end is gone, or was silent for too long."""


class RefusedError(RemoteError):
    """The other end will not go on; the message is its own."""


class JudgingError(SurefootError):
    """A judge of successes cannot be read or fitted; the message says what it needs."""


class ReportError(SurefootError):
    """A demonstration's report cannot be read or written."""


class RenderingError(SurefootError):
    """No picture could be drawn; the message says what to install."""


class TrainingDivergedError(SurefootError):
    """Weights are no longer finite, or critics expect what cannot be."""


class ReturnNotFiniteError(SurefootError):
    """Episodes came to a return that is no number; the environment's rewards may be at fault."""


class TuningError(SurefootError):
    """A sweep cannot be run; the message says why, and what to do."""
