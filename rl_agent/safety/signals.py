"""What the gate is told besides measurements and proposals. Times are receive times, steady [s]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rl_agent.types import Array

Quantity = Literal["temperature", "current", "battery"]


@dataclass(frozen=True, slots=True)
class ImuReading:
    """How the robot's body is turned."""

    quat_wxyz: Array
    """(4,) body in world."""
    received_s: float


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """An operator is there."""

    received_s: float


@dataclass(frozen=True, slots=True)
class HealthReading:
    """One quantity of one motor or battery."""

    quantity: Quantity
    """temperature [degrees Celsius], current [A] or battery [V]."""
    name: str
    """Whose, such as a motor's."""
    value: float
    received_s: float


@dataclass(frozen=True, slots=True)
class Company:
    """Who else publishes where only one may."""

    words: str
    """Names them; empty when nobody does any more."""
    is_final: bool = False
    """Whether the robot may have been moved past the gate."""
