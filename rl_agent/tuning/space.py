"""Which settings a sweep varies, and within what: a mapping of dotted paths in YAML.

agent.critic_learning_rate: {low: 1.0e-4, high: 1.0e-2, log: true}
agent.batch_size: {low: 64, high: 256, integer: true}
agent.utd_ratio: {choices: [1, 2, 4]}
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from pydantic import ConfigDict

from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.learning.config_file import parse_config, read_into, set_value


@dataclass(frozen=True, kw_only=True)
class Range:
    """Any number from `low` to `high`, both included."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    low: float
    high: float
    log: bool = False
    """Drawn evenly in the logarithm."""
    integer: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError("low must be below high")
        if self.log and self.low <= 0.0:
            raise ValueError("low must be above 0 for log")
        if self.integer and (self.low % 1 or self.high % 1):
            raise ValueError("low and high must be whole numbers for integer")

    @property
    def extremes(self) -> tuple[Any, ...]:
        """Values that stand for all others when the range is checked."""
        return (int(self.low), int(self.high)) if self.integer else (self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """One of several values; lists, such as widths of layers, are values too."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    choices: tuple[Any, ...]

    def __post_init__(self) -> None:
        if len(self.choices) < 2:
            raise ValueError("choices must be at least two")

    @property
    def extremes(self) -> tuple[Any, ...]:
        """Values that stand for all others when the choices are checked: all of them."""
        return self.choices


Space = dict[str, Range | Choices]


def parse_space(data: Any, base: Mapping[str, Any], source: str) -> Space:
    """Return the space that `data` describes.

    Args:
        data: As read from YAML.
        base: Settings of the trainings, not yet validated; each range is tried on them.
        source: Named in errors.

    Raises:
        ProblemsError: Lists every wrong path, key and value.
    """
    if not isinstance(data, Mapping) or not data:
        raise ProblemsError(source, [Problem("file", "expected a mapping of settings to ranges")])
    problems: list[Problem] = []
    space: Space = {}
    for path, values in data.items():
        is_choice = isinstance(values, Mapping) and "choices" in values
        kind: type[Range | Choices] = Choices if is_choice else Range
        dimension = read_into(kind, values, problems, [str(path)])
        if dimension is not None:
            space[str(path)] = dimension
            problems += _problems_on(base, str(path), dimension)
    if problems:
        raise ProblemsError(source, problems)
    return space


def _problems_on(base: Mapping[str, Any], path: str, dimension: Range | Choices) -> list[Problem]:
    for value in dimension.extremes:
        try:
            parse_config(with_values(base, {path: value}), path)
        except ProblemsError as error:
            return list(error.problems)
    return []


def with_values(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of settings with these values at their dotted paths."""
    data = copy.deepcopy(dict(base))
    for path, value in values.items():
        set_value(data, path, value)
    return data


def space_to_plain(space: Space) -> dict[str, Any]:
    """Return what `parse_space` reads."""
    return {path: asdict(dimension) for path, dimension in space.items()}
