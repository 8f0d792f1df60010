"""Pictures of the twin on its way to a target, from the joint positions that were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rl_agent.reporting.png import encode_png
from rl_agent.reporting.recording import Recording
from rl_agent.reporting.report import Picture, Trial
from rl_agent.spec import RobotSpec

WIDTH, HEIGHT = 480, 360
MOMENTS = (
    (0.0, "the target is given"),
    (0.4, "on its way"),
    (0.7, "slowing down"),
    (1.0, "at the target"),
)
"""Share of the time to the target, and what is seen then."""


def draw_reach(
    spec: RobotSpec, recording: Recording, trials: Sequence[Trial], folder: Path
) -> tuple[Picture, ...]:
    """Draw the longest successful reach into `folder`; without one, nothing.

    Raises:
        RenderingError: This machine has no off-screen OpenGL.
    """
    from sim.twin import Twin

    number = _longest_reach(recording, trials)
    if number is None:
        return ()
    goal, given_s = recording.goals[number], recording.goal_received_s[number]
    time_to_target_s = trials[number].time_to_target_s or 0.0
    twin = Twin(spec)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for index, (share, words) in enumerate(MOMENTS):
        after_s = share * time_to_target_s
        moment = np.searchsorted(recording.measurements.received_s, given_s + after_s)
        last = len(recording.measurements.received_s) - 1
        twin.reset(recording.measurements.position[min(int(moment), last)])
        path = folder / f"reach_{index}.png"
        path.write_bytes(encode_png(twin.render(WIDTH, HEIGHT, goal=goal)))
        distance_mm = 1e3 * float(np.linalg.norm(twin.tool_position() - goal))
        pictures.append(
            Picture(
                file=path.name,
                caption=f"{after_s:.2f} s: {words}",
                alt=f"The arm {after_s:.2f} s after the target was given, its tip {distance_mm:.0f}"
                " mm away from the target",
            )
        )
    return tuple(pictures)


def _longest_reach(recording: Recording, trials: Sequence[Trial]) -> int | None:
    """Return the number of the successful trial with the longest way between two targets."""
    count = min(len(recording.goals), len(trials))
    way = np.linalg.norm(np.diff(recording.goals[:count], axis=0), axis=1)
    ways = {n: way[n - 1] for n in range(1, count) if trials[n].is_success}
    return max(ways, key=lambda n: ways[n], default=None)
