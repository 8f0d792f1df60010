"""What a live run's journal tells of it: also where nobody learned beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rl_agent.data.journal import JournalReader
from rl_agent.safety.leaning import is_limited
from rl_agent.types import Reason

NUM_POINTS = 200
"""Of a curve, at most."""
LEAST_STEPS = 50
"""In one point."""
KEPT = np.dtype(
    [("reward", "f8"), ("rough", "f8"), ("reasons", "u4"), ("is_fall", "?"), ("is_end", "?")]
)


@dataclass(frozen=True, kw_only=True)
class Lived:
    """Steps of a robot, one after the other."""

    num_steps: int
    num_damaged: int
    num_terminated: int
    """Episodes that the policy, or a judge, brought to an end."""
    episodes: Sequence[tuple[int, float]]
    """(env_step at the end, return)."""
    env_steps: Sequence[float]
    """At the end of each point of a curve."""
    limited: Sequence[float]
    """Share of a point's steps in which a limit changed a command."""
    rough: Sequence[float]
    """Mean change of an action from one step to the next, over steps and joints, of [-1, 1]."""
    steps_by_reason: dict[str, int]
    """Of `Reason.name`: steps in which the gate gave it at any tick."""


def read_lived(journal: Path) -> Lived:
    """Read a journal; it may be long, so that only what is shown of a row is kept.

    Raises:
        JournalError: There is none, or it does not hold.
    """
    parts = [np.zeros(0, KEPT)]
    tail = JournalReader(journal).pass_to(lambda rows: parts.append(_keep(rows)))
    return live_through(np.concatenate(parts), tail.num_damaged)


def live_through(kept: np.ndarray, num_damaged: int = 0) -> Lived:
    """Return what kept steps (N,) came to."""
    ends = np.flatnonzero(kept["is_end"]) + 1
    totals = np.concatenate([[0.0], np.cumsum(kept["reward"])])
    returns = np.diff(totals[np.concatenate([[0], ends])])
    starts = np.arange(0, len(kept), max(LEAST_STEPS, -(-len(kept) // NUM_POINTS)))
    return Lived(
        num_steps=len(kept),
        num_damaged=num_damaged,
        num_terminated=int(kept["is_fall"].sum()),
        episodes=list(zip(ends.tolist(), returns.tolist(), strict=True)),
        env_steps=[*starts[1:].astype(float).tolist(), *([float(len(kept))] if len(kept) else [])],
        limited=_means(is_limited(kept["reasons"]), starts),
        rough=_means(kept["rough"], starts),
        steps_by_reason={
            str(reason.name): count
            for reason in Reason
            if (count := int(np.count_nonzero(kept["reasons"] & int(reason))))
        },
    )


def _keep(rows: np.ndarray) -> np.ndarray:
    kept = np.zeros(len(rows), KEPT)
    change = np.abs(rows["action"].astype(np.float64) - rows["previous_action"])
    kept["rough"] = np.nan_to_num(change, posinf=0.0).mean(axis=1)
    kept["reward"] = np.nan_to_num(rows["reward"].astype(np.float64), posinf=0.0, neginf=0.0)
    kept["reasons"] = rows["reasons"]
    kept["is_fall"], kept["is_end"] = rows["terminated"], rows["terminated"] | rows["truncated"]
    return kept


def _means(values: np.ndarray, starts: np.ndarray) -> list[float]:
    """Return the mean from each start up to the next."""
    parts = np.split(values.astype(np.float64), starts[1:])
    return [float(part.mean()) for part in parts if len(part)]
