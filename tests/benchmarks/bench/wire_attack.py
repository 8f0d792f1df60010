"""The adversary against gate and twin as processes; what was applied, as a recorder saw it."""

from __future__ import annotations

import sys
from pathlib import Path

from rl_agent.reporting.recording import Recording, read_recording
from rl_agent.spec import RobotSpec
from rl_agent.types import SafetyState
from surefoot_nodes.graph_process import GraphOptions, GraphProcess

from .context import Context
from .gate_operator import GateOperator

BENCH = Path(__file__).parent


def attack(
    context: Context,
    spec: RobotSpec,
    name: str,
    seconds: float,
    *options: str,
    is_reset: bool = True,
) -> tuple[Recording, int]:
    """Let the adversary publish for a while; return the recording and the number of resets."""
    recording = context.folder / "recordings" / name
    log = context.folder / "logs" / f"{name}.log"
    graph_options = GraphOptions(
        robot=spec.name, domain=context.domain, recording=recording, log=log
    )
    context.say(f"{name}: {seconds:.0f} s against the gate …")
    num_stops = 0
    with GraphProcess(graph_options, (sys.executable, str(BENCH / "gate_graph.py"))) as graph:
        graph.wait_until_running()
        with GateOperator(spec, context.domain, graph.environment) as operator:
            words = ["--robot", spec.name, "--seconds", str(seconds), *options]
            adversary = graph.start_client([sys.executable, str(BENCH / "adversary.py"), *words])
            while adversary.status is None:
                operator.wait(0.05)
                if is_reset and operator.state is SafetyState.STOPPED:
                    operator.reset()
                    num_stops += operator.arm()[0]
    return read_recording(recording, spec), num_stops
