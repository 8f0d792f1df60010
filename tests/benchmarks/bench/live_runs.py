"""Trainings over ROS 2 in real time, as a user starts them: what became of each."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rl_agent.deploy.files import version_dir
from rl_agent.deploy.swap_log import SWAPS, proven, read_events, read_standings
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.run_folder import store_dir
from rl_agent.reporting.recording import Recording
from surefoot_nodes.environment import graph_environment

from .training import CLI

if TYPE_CHECKING:
    from .context import Context

START_S = 120.0
"""What bringing a graph up and down may take beside the robot's time."""


@dataclass(frozen=True, kw_only=True)
class LiveRun:
    """A finished `surefoot live twin`."""

    folder: Path
    seconds: float
    """Wall time from the first step to the end, pauses included [s]."""
    policy_hz: float

    @property
    def bundle(self) -> Path:
        """What `surefoot live` recommends in the end."""
        standing = proven(read_standings(self.folder / SWAPS))
        assert standing is not None
        return version_dir(store_dir(self.folder), standing.policy_version)

    @property
    def recording(self) -> Path:
        """All topics."""
        return self.folder.with_name(f"{self.folder.name}-recording")

    def swaps(self, kind: str) -> list[dict[str, Any]]:
        """Return what became of versions."""
        return [event for event in read_events(self.folder / SWAPS) if event["kind"] == kind]

    def episodes(self) -> list[dict[str, Any]]:
        """Return the episodes' figures, in order."""
        return [e for e in read_metrics(self.folder) if e["kind"] == "episode"]

    def steady_after_s(self, share: float, num_episodes: int) -> float | None:
        """Return the robot's time [s] at which so many episodes in a row had this success."""
        episodes = self.episodes()
        for end in range(num_episodes, len(episodes) + 1):
            part = episodes[end - num_episodes : end]
            if sum(e.get("is_success", 0) for e in part) >= share * num_episodes:
                return float(part[-1]["env_step"]) / self.policy_hz
        return None


def live_run(
    context: Context, env: str, seed: int, minutes: float, policy_hz: float, *options: str
) -> LiveRun:
    """Learn for some minutes of the robot's time; the folder's name tells task and seed.

    Raises:
        CalledProcessError: It failed; its words are in the log beside the folder.
    """
    name = f"live-{env.rpartition(':')[2]}-{seed}"
    folder = context.folder / name
    run = LiveRun(folder=folder, seconds=0.0, policy_hz=policy_hz)
    command = [*CLI, "live", "twin", "--env", env, "--seed", str(seed), "--out", str(folder)]
    command += ["--minutes", f"{minutes:g}", "--record", str(run.recording), "--no-blackbox"]
    command += ["--domain", str(context.domain), *options]
    environment = {**os.environ, **graph_environment("twin", context.domain)}
    context.say(f"{env}, seed {seed}: learning live for {minutes:g} min …")
    started_s = time.monotonic()
    with (context.folder / f"{name}.log").open("w") as log:
        # Falls and pauses are not the robot's steps: three times its time must do.
        most_s = 180.0 * minutes + START_S
        subprocess.run(command, stdout=log, stderr=log, env=environment, check=True, timeout=most_s)
    return LiveRun(folder=folder, seconds=time.monotonic() - started_s, policy_hz=policy_hz)


def last_part(recording: Recording, duration_s: float) -> Recording:
    """Return the end of a recording, cut where a goal was given."""
    end_s = float(recording.applied.received_s[-1])
    keep = recording.goal_received_s >= end_s - duration_s
    start_s = float(recording.goal_received_s[keep][0])
    return Recording(
        measurements=recording.measurements.between(start_s, end_s),
        applied=recording.applied.between(start_s, end_s),
        proposals=recording.proposals.between(start_s, end_s),
        goal_received_s=recording.goal_received_s[keep],
        goals=recording.goals[keep],
    )
