"""Damage to files, and what became of an attempt to read one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rl_agent.exceptions import SurefootError

Damage = Callable[[bytes, np.random.Generator], bytes]
MAX_STRETCH = 200
"""Bytes that are zeroed at most."""


@dataclass
class Tally:
    """Attempts by kind, and those that did not end as they must."""

    tried: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    crashed: list[str] = field(default_factory=list)
    """Kind and error of every attempt that ended in anything but a named error."""

    def attempt(self, kind: str, read: Callable[[], bool]) -> None:
        """Count one; `read` tells whether it took damaged content for good."""
        self.tried[kind] += 1
        try:
            self.accepted[kind] += read()
        except SurefootError:
            return
        except Exception as error:  # what it is, is what we want to know
            self.crashed.append(f"{kind}: {type(error).__name__}: {error}")

    def words(self) -> str:
        """Return the kinds with their counts."""
        kinds = [f"{kind} {count}" for kind, count in self.tried.items()]
        taken = [f"{kind} {count}" for kind, count in self.accepted.items() if count]
        return "; ".join(kinds) + (f"; taken: {', '.join(taken)}" if taken else "")


def one_bit(data: bytes, rng: np.random.Generator) -> bytes:
    """Flip one."""
    place = int(rng.integers(len(data)))
    return data[:place] + bytes([data[place] ^ 1 << int(rng.integers(8))]) + data[place + 1 :]


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """Cut the end off; sometimes all of it, sometimes one byte."""
    sizes = [0, len(data) - 1, *rng.integers(len(data), size=8).tolist()]
    return data[: sizes[int(rng.integers(len(sizes)))]]


def zeros(data: bytes, rng: np.random.Generator) -> bytes:
    """Zero a stretch."""
    start = int(rng.integers(len(data)))
    end = min(start + 1 + int(rng.integers(MAX_STRETCH)), len(data))
    return data[:start] + bytes(end - start) + data[end:]


def shifted(data: bytes, rng: np.random.Generator) -> bytes:
    """Put some bytes in, or take some out."""
    place, size = int(rng.integers(len(data))), 1 + int(rng.integers(8))
    if rng.integers(2):
        return data[:place] + rng.bytes(size) + data[place:]
    return data[:place] + data[place + size :]


def damaged(damage: Damage, data: bytes, rng: np.random.Generator) -> bytes:
    """Return damaged bytes that differ from `data`."""
    while (found := damage(data, rng)) == data:
        pass
    return found
