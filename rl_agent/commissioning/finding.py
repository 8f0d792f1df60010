"""What one check of preflight found, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """May be meant; nothing is refused for it."""
    MISMATCH = "mismatch"
    """Robot and profile contradict each other: the gate does not arm."""
    SKIPPED = "skipped"
    """Could not be looked at, and why."""


@dataclass(frozen=True)
class Finding:
    """One row of preflight's table."""

    check: str
    """What was looked at: `units`, `controller joints`."""
    outcome: Outcome
    found: str
    remedy: str = ""
    """What to do about it; never empty for a mismatch."""

    def __str__(self) -> str:
        return f"{self.check}: {self.found}" + (f"; {self.remedy}" if self.remedy else "")


def ok(check: str, found: str) -> Finding:
    """Return that all is as it should be."""
    return Finding(check, Outcome.OK, found)


def warning(check: str, found: str, remedy: str) -> Finding:
    """Return that something may be wrong."""
    return Finding(check, Outcome.WARNING, found, remedy)


def mismatch(check: str, found: str, remedy: str) -> Finding:
    """Return that something is wrong."""
    return Finding(check, Outcome.MISMATCH, found, remedy)


def skipped(check: str, why: str, remedy: str = "") -> Finding:
    """Return that nothing is known."""
    return Finding(check, Outcome.SKIPPED, why, remedy)


def mismatches(findings: Iterable[Finding]) -> list[Finding]:
    """Return those for which the gate does not arm."""
    return [finding for finding in findings if finding.outcome is Outcome.MISMATCH]


def one_finding(check: str, problems: Sequence[tuple[str, str]], all_well: str) -> Finding:
    """Return one mismatch that lists all (found, remedy), or that all is well."""
    if not problems:
        return ok(check, all_well)
    # The same advice for six joints is given once.
    remedies = list(dict.fromkeys(remedy for _, remedy in problems))
    return mismatch(check, "; ".join(found for found, _ in problems), "; ".join(remedies))
