"""What came of one row of the fault table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import FaultContext


class Verdict(StrEnum):
    """How a row ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Outcome:
    """One row's result."""

    verdict: Verdict
    figure: str = ""
    """What was measured, with its unit."""
    detail: str = ""
    """Why it failed or was not tried; else what else is worth knowing."""


@dataclass(frozen=True)
class FaultRow:
    """One row of the table: a fault, what must follow, and how it is tried."""

    number: int
    title: str
    requirement: str
    run: Callable[[FaultContext], Outcome]

    def as_json(self, outcome: Outcome, seconds: float) -> dict[str, Any]:
        """Return the row with its outcome."""
        return {
            "number": self.number,
            "fault": self.title,
            "requirement": self.requirement,
            **asdict(outcome),
            "seconds": round(seconds, 1),
        }


class Expectations:
    """Collects what does not hold; a row passes when nothing was collected."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def expect(self, holds: object, otherwise: str) -> None:
        """Note `otherwise` where something does not hold."""
        if not holds:
            self.broken.append(otherwise)

    def outcome(self, figure: str, detail: str = "") -> Outcome:
        """Return passed, or failed with all that was noted."""
        if self.broken:
            return Outcome(Verdict.FAILED, figure, "; ".join(dict.fromkeys(self.broken)))
        return Outcome(Verdict.PASSED, figure, detail)

    def claim(self, words: str, detail: str = "") -> Outcome:
        """Return passed with what holds in words, or failed without claiming it."""
        if self.broken:
            return self.outcome(f"{len(self.broken)} times not as required")
        return self.outcome(words, detail)


def failure(figure: str, why: str) -> Outcome:
    """Return the outcome of a row that failed for one reason."""
    return Outcome(Verdict.FAILED, figure, why)


def not_tried(why: str) -> Outcome:
    """Return the outcome of a row that cannot be tried here."""
    return Outcome(Verdict.NOT_TRIED, "", why)
