"""Reaches over ROS 2, recorded: the runs that several rows look at, each done once per call."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rl_agent.reporting.recording import Recording, read_recording
from rl_agent.reporting.report import ReachSeries
from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec
from surefoot_nodes.graph_process import GraphOptions, GraphProcess, as_trial

if TYPE_CHECKING:
    from .context import Context

ACTORS = {"policy": "onnx", "dls": "dls", "random": "random"}


@dataclass(frozen=True)
class Run:
    """One controller's reaches."""

    spec: RobotSpec
    """At the rates of the run."""
    series: ReachSeries
    recording: Recording


def graph_options(
    context: Context, name: str, controller: str, policy_hz: float = 0.0
) -> GraphOptions:
    """Return how to start a controller's graph; `name` is for its log and its recording."""
    return GraphOptions(
        robot=context.spec.name,
        domain=context.domain,
        actor=ACTORS[controller],
        bundle=context.trained.bundle if controller == "policy" else None,
        policy_hz=policy_hz,
        seed=context.seed,
        recording=context.folder / "recordings" / name,
        log=context.folder / "logs" / f"{name}.log",
    )


def run_reaches(
    context: Context,
    controller: str,
    count: int,
    *,
    window_s: float | None = None,
    policy_hz: float = 0.0,
) -> Run:
    """Let a controller reach for `count` targets of the call's seed."""
    name = f"{controller}-{policy_hz:g}-{count}-{window_s}"
    options = graph_options(context, name, controller, policy_hz)
    context.say(f"{controller}: {count} targets over ROS 2 …")
    with GraphProcess(options) as graph:
        results = graph.reach(count, context.target_seed, window_s=window_s)
        trials = tuple(as_trial(result) for result in results)
    spec = load_robot(context.spec.source, policy_hz=policy_hz or None)
    assert options.recording is not None
    return Run(
        spec,
        ReachSeries(key=controller, trials=trials),
        read_recording(Path(options.recording), spec),
    )
