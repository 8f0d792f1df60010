"""Returns that others published, and what makes returns of different tasks comparable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rl_agent.robots.profile import read_yaml

DATA_FILE = Path(__file__).with_name("published.yaml")


@dataclass(frozen=True, kw_only=True)
class Published:
    """One return of a paper or a project."""

    algorithm: str
    env: str
    env_steps: int
    mean_return: float
    paper: str
    source: str
    """Where the number was read."""


@dataclass(frozen=True)
class Scale:
    """Returns that stand for 0 and 1 on a task."""

    random: float
    """A random policy's."""
    reference: float
    """TD3's after a million steps."""

    def normalize(self, episode_return: float) -> float:
        """Return 0 for a random policy's return, 1 for the reference's."""
        return (episode_return - self.random) / (self.reference - self.random)


def published_returns(env: str, env_steps: int) -> list[Published]:
    """Return what was published for this task after this many steps, best first."""
    found = [entry for entry in _returns() if (entry.env, entry.env_steps) == (env, env_steps)]
    return sorted(found, key=lambda entry: -entry.mean_return)


def scale_of(env: str) -> Scale | None:
    """Return a task's scale; None where nobody published one."""
    for entry in _data()["scales"]:
        if entry["env"] == env:
            return Scale(entry["random"], entry["reference"])
    return None


def _returns() -> list[Published]:
    data = _data()
    return [
        Published(
            algorithm=entry["algorithm"],
            env=entry["env"],
            env_steps=entry["env_steps"],
            mean_return=float(entry["return"]),
            paper=entry["paper"],
            source=data["sources"][entry["source"]],
        )
        for entry in data["returns"]
    ]


@cache
def _data() -> dict[str, Any]:
    return read_yaml(DATA_FILE)
