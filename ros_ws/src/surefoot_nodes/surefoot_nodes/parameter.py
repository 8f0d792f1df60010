"""One parameter of a node: its type, its range, and how a value is checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rl_agent.robots.profile import nearest

MAX_INTEGER = 2**63 - 1
"""ROS's parameters hold no larger one."""

Value = bool | int | float | str | list[str]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter; its type is its default's."""

    name: str
    default: Value
    description: str
    lower: float | None = None
    upper: float | None = None
    choices: tuple[str, ...] = ()
    is_dynamic: bool = False
    """Whether it may be set while the node runs."""

    def check(self, value: Any) -> Value:
        """Return the value in the right type.

        Raises:
            ValueError: Says what was expected and found.
        """
        value = self._typed(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._check_range(value)
        if self.choices and value not in self.choices:
            close = nearest(str(value), self.choices)
            raise ValueError(
                f"expected one of {', '.join(self.choices)}, got {value!r:.200}{close}"
            )
        return value

    def _typed(self, value: Any) -> Value:
        kind = type(self.default)
        if kind is list and isinstance(value, list | tuple):
            if all(isinstance(item, str) for item in value):
                return list(value)
        elif isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise ValueError(f"expected a number of 64 bits, got one of {value.bit_length()}")
        elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        elif type(value) is kind:
            return value
        expected = {list: "a list of strings", float: "a number", str: "a string"}
        name = expected.get(kind, {bool: "true or false", int: "a whole number"}.get(kind, ""))
        raise ValueError(f"expected {name}, got {value!r:.200}")

    def _check_range(self, value: float) -> None:
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        if not (math.isfinite(value) and lower <= value <= upper):
            raise ValueError(f"expected a number from {lower:g} to {upper:g}, got {value:g}")
