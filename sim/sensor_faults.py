"""What a sensor can do wrong: PX4's seven kinds, drift, an encoder that slips, a wire that loses.

No ROS in here. Numbers are in the driver's units, times on the steady clock [s].
"""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.types import Array

HUGE = 1e300
"""Finite, but it overflows when squared."""
MAX_PENDING = 10_000
"""Readings that may wait; older ones are dropped."""


class FaultKind(StrEnum):
    """What happens to readings."""

    NONE = "none"
    OFF = "off"
    """None comes any more."""
    STUCK = "stuck"
    """The values of the moment of onset are repeated."""
    GARBAGE = "garbage"
    """NaN, Inf or huge numbers."""
    WRONG = "wrong"
    """A constant offset."""
    DRIFT = "drift"
    """An offset that grows at `rate` per second."""
    SLOW = "slow"
    """One reading per `period_s`, each in time."""
    DELAYED = "delayed"
    """Every reading comes `delay_s` later, with the stamp it had."""
    INTERMITTENT = "intermittent"
    """Silence for the first `silent_s` of every `period_s`."""
    JUMP = "jump"
    """An encoder that slips: the offset is there in every second half of `period_s`."""
    LOSSY = "lossy"
    """Readings are lost, doubled, or overtaken by the next one, by seeded chance."""


GARBAGE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "huge": HUGE}


@dataclass(frozen=True, kw_only=True)
class SensorFault:
    """One fault with its numbers; those that its kind does not use mean nothing."""

    kind: FaultKind = FaultKind.NONE
    joints: tuple[str, ...] = ()
    """Which joints lie; empty for all. A whole message is late or lost in any case."""
    offset: float = 0.2
    rate: float = 0.1
    delay_s: float = 0.1
    period_s: float = 0.5
    silent_s: float = 0.2
    restamps: bool = True
    """Stuck values come with new stamps; without, the old message is repeated."""
    value: str = "nan"
    """Kind of garbage: nan, inf, -inf or huge."""
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        numbers = (self.offset, self.rate, self.delay_s, self.period_s, self.silent_s)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError("offset, rate and times must be finite")
        if min(self.delay_s, self.silent_s) < 0.0 or self.period_s <= 0.0:
            raise ValueError("times must not be negative, and period_s not 0")
        if not all(0.0 <= share <= 1.0 for share in (self.loss, self.duplicate, self.reorder)):
            raise ValueError("loss, duplicate and reorder are shares from 0 to 1")
        if self.value not in GARBAGE:
            raise ValueError(f"value: expected one of {', '.join(GARBAGE)}, got {self.value!r}")

    def to_json(self) -> str:
        """Return the text that `read_fault` reads."""
        return json.dumps({f.name: getattr(self, f.name) for f in fields(self)})


def read_fault(text: str, names: Sequence[str]) -> SensorFault:
    """Return the fault in a JSON text, for a robot with joints `names`.

    Raises:
        ProfileError: It is no JSON object, or a key or value does not hold.
    """
    try:
        values: Any = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError(f"expected an object, got {values!r}")
        values["kind"] = FaultKind(values.get("kind", "none"))
        values["joints"] = tuple(values.get("joints", ()))
        fault = SensorFault(**values)
        if unknown := [name for name in fault.joints if name not in names]:
            raise ValueError(f"no such joint: {', '.join(map(str, unknown))}")
    except (ValueError, TypeError) as error:
        raise ProfileError("fault", [Problem(text[:80], str(error))]) from error
    return fault


@dataclass(frozen=True)
class Reading:
    """One message of joint_states."""

    stamp_ns: int
    position: Array  # (J,)
    velocity: Array  # (J,)


class FaultyReadings:
    """Takes good readings in and gives out what a faulty sensor would have sent.

    `take` and `due` return what is to be sent at once, in order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Begin without a fault; `names` are the joints, in the readings' order."""
        self._names = tuple(names)
        self._late: list[tuple[float, int, Reading]] = []
        self._count = 0
        self.begin(SensorFault(), 0.0)

    def begin(self, fault: SensorFault, now_s: float) -> None:
        """Let a fault set in; what was delayed by the one before is lost."""
        self.fault = fault
        self._since_s = now_s
        self._next_s = now_s + fault.period_s
        self._rng = np.random.default_rng(fault.seed)
        self._frozen: Reading | None = None
        self._overtaken: Reading | None = None
        self._late.clear()
        chosen = [not fault.joints or name in fault.joints for name in self._names]
        self._lies = np.array(chosen, dtype=np.bool_)

    @property
    def due_s(self) -> float:
        """When `due` has something next; infinity for never."""
        return self._late[0][0] if self._late else math.inf

    def due(self, now_s: float) -> list[Reading]:
        """Return what was delayed until now."""
        ready = []
        while self._late and self._late[0][0] <= now_s:
            ready.append(heapq.heappop(self._late)[2])
        return ready

    def take(self, reading: Reading, now_s: float) -> list[Reading]:
        """Take one good reading in."""
        kind, fault, age_s = self.fault.kind, self.fault, now_s - self._since_s
        if kind is FaultKind.OFF:
            return []
        if kind is FaultKind.INTERMITTENT:
            return [] if age_s % fault.period_s < fault.silent_s else [reading]
        if kind is FaultKind.SLOW:
            return self._rarely(reading, now_s)
        if kind is FaultKind.DELAYED:
            self._delay(reading, now_s + fault.delay_s)
            return []
        if kind is FaultKind.LOSSY:
            return self._lose(reading)
        return [self._falsify(reading, age_s)]

    def _falsify(self, reading: Reading, age_s: float) -> Reading:
        kind, fault = self.fault.kind, self.fault
        if kind is FaultKind.STUCK:
            return self._freeze(reading)
        if kind is FaultKind.GARBAGE:
            garbage = GARBAGE[fault.value]
            position = np.where(self._lies, garbage, reading.position)
            return replace(
                reading, position=position, velocity=np.where(self._lies, garbage, reading.velocity)
            )
        offset = 0.0
        if kind is FaultKind.WRONG:
            offset = fault.offset
        elif kind is FaultKind.DRIFT:
            offset = fault.rate * age_s
        elif kind is FaultKind.JUMP:
            offset = fault.offset * (age_s % fault.period_s >= 0.5 * fault.period_s)
        return replace(reading, position=reading.position + offset * self._lies)

    def _freeze(self, reading: Reading) -> Reading:
        frozen = self._frozen = self._frozen or reading
        if not self.fault.restamps:
            return frozen
        position = np.where(self._lies, frozen.position, reading.position)
        velocity = np.where(self._lies, frozen.velocity, reading.velocity)
        return Reading(reading.stamp_ns, position, velocity)

    def _rarely(self, reading: Reading, now_s: float) -> list[Reading]:
        if now_s < self._next_s:
            return []
        self._next_s = now_s + self.fault.period_s
        return [reading]

    def _delay(self, reading: Reading, until_s: float) -> None:
        self._count += 1
        if len(self._late) < MAX_PENDING:
            heapq.heappush(self._late, (until_s, self._count, reading))

    def _lose(self, reading: Reading) -> list[Reading]:
        fault = self.fault
        lost, doubled, overtaken = self._rng.random(3) < (
            fault.loss,
            fault.duplicate,
            fault.reorder,
        )
        if lost:
            return []
        sent = [reading, reading] if doubled else [reading]
        if self._overtaken is not None:
            sent.append(self._overtaken)
            self._overtaken = None
        elif overtaken:
            self._overtaken = sent.pop()
        return sent
