"""What a launch file asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """One launch argument; its value is text, as launch has it."""

    name: str
    default: str
    description: str


def is_true(text: str) -> bool:
    """Tell what a launch argument's value means, as launch writes truths."""
    return text.lower() in ("true", "1", "yes")
