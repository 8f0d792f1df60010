"""The demonstration's second half: one controller drives the twin over ROS 2, and is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rl_agent.reporting.recording import Recording, read_recording
from rl_agent.reporting.report import Trial
from rl_agent.spec import RobotSpec

from .demo_plan import ACTORS, DemoPlan
from .graph_process import GraphOptions, GraphProcess, as_trial

WINDOW_S = 2.0
"""Every target stands for at least this long, so that the arm comes to rest in between."""


@dataclass(frozen=True)
class Drive:
    """One controller's attempts, and everything that was on the wire meanwhile."""

    controller: str
    trials: tuple[Trial, ...]
    recording: Recording


def drive(
    plan: DemoPlan, spec: RobotSpec, controller: str, on_trial: Callable[[Trial], None]
) -> Drive:
    """Start the graph, give the targets, stop the graph, read the recording.

    Raises:
        GraphError: A process ended early.
    """
    options = GraphOptions(
        robot=plan.robot,
        domain=plan.ros_domain,
        actor=ACTORS[controller],
        bundle=plan.bundle if controller == "policy" else None,
        seed=plan.seed,
        recording=plan.recording(controller),
        log=plan.log(f"drive-{controller}"),
    )
    trials = []
    with GraphProcess(options) as graph:
        count, seed = plan.num_targets(controller), plan.target_seed
        for result in graph.reach(count, seed, window_s=WINDOW_S):
            trials.append(as_trial(result))
            on_trial(trials[-1])
    recording = read_recording(plan.recording(controller), spec)
    return Drive(controller, tuple(trials), recording)
