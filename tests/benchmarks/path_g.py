"""kill -9 of the policy in motion: when does the robot brake, and does it stay where it is?"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.context import Context
from bench.driving import graph_options
from bench.figure import Figure, at_most, equal, reported
from bench.gate_operator import GateOperator
from bench.processes import child_running
from bench.stopping import Stop, judge_stop

from rl_agent.reporting.recording import read_recording
from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec
from surefoot_nodes.graph_process import GraphProcess

SLACK_MS = 10.0
KILLS_PER_GRAPH = 4
"""The supervisor starts a process again five times a minute, no more."""
WATCH_S = 2.5
"""How long it is watched that nothing moves."""
FORGET_S = 8.0
RETURN_S = 2.0
"""Time to reach the target after all, before the next one is given."""
IN_MOTION = 0.1
"""[rad/s] a slower arm counts as standing, and the kill is not judged."""
TARGETS = (np.array([0.10, 0.28, 0.12]), np.array([0.10, -0.28, 0.12]))
"""Left and right of the arm: it is in motion for most of a second [m]."""
RATES = ((20.0, "policy"), (50.0, "dls"))


@dataclass(frozen=True)
class Kill:
    """One kill and what followed."""

    stop: Stop
    arm_refusal: str
    """Why arming without a reset was refused; empty if it was not."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield braking, standstill and what happened afterwards at both policy rates."""
    for policy_hz, controller in RATES:
        spec = load_robot(context.spec.source, policy_hz=policy_hz)
        kills = list(_kills(context, spec, controller))
        yield from _figures(spec, kills, context)


def _figures(spec: RobotSpec, kills: list[Kill], context: Context) -> Iterator[Figure]:
    stops = [kill.stop for kill in kills]
    name = f"path-g.{{}}_at_{spec.policy_hz:g}hz"
    brake_ms = [1e3 * stop.first_brake_s for stop in stops]
    over_ms = [1e3 * (stop.standstill_s - stop.profile_s) for stop in stops]
    speeds = [stop.speed for stop in stops]
    detail = (
        f"{len(kills)} kills at {min(speeds):.2f} to {max(speeds):.2f} rad/s;"
        f" median {np.median(brake_ms):.1f} ms, W {1e3 * spec.proposal_timeout_s:g} ms"
        + context.quick_words()
    )
    bar_ms = 1e3 * spec.proposal_timeout_s + SLACK_MS
    yield at_most(name.format("first_brake"), max(brake_ms), bar_ms, "ms", detail)
    slowest = f"slowest standstill {1e3 * max(s.standstill_s for s in stops):.0f} ms after braking"
    words = f"{slowest} began; beyond the brake profile's own time, one period of wire jitter"
    bar_ms = 1e3 * spec.gate_period_s
    yield at_most(name.format("standstill_excess"), max(over_ms), bar_ms, "ms", words)
    moved = sum(stop.moved_again or not stop.is_latched for stop in stops)
    words = f"within {WATCH_S} s of the kill, before reset and arm"
    yield equal(name.format("moved_again"), moved, 0, "kills", words)
    unrefused = sum(not kill.arm_refusal for kill in kills)
    words = f"arming without reset: {kills[0].arm_refusal!r}"
    yield equal(name.format("armed_without_reset"), unrefused, 0, "kills", words)
    words = "after reset and arm the robot followed the policy again"
    yield reported(name.format("back_after_reset"), len(kills), "kills", words)


def _kills(context: Context, spec: RobotSpec, controller: str) -> Iterator[Kill]:
    rng = np.random.default_rng(context.seed)
    missing = context.repeats(20, 4)
    part = 0
    while missing > 0:
        part += 1
        context.say(f"kills at {spec.policy_hz:g} Hz: {missing} to go …")
        found = _kill_some(context, spec, controller, min(missing, KILLS_PER_GRAPH), rng, part)
        judged = [kill for kill in found if kill.stop.speed > IN_MOTION]
        missing -= len(judged)
        yield from judged


def _kill_some(
    context: Context,
    spec: RobotSpec,
    controller: str,
    count: int,
    rng: np.random.Generator,
    part: int,
) -> list[Kill]:
    name = f"kill-{spec.policy_hz:g}-{part}"
    options = graph_options(context, name, controller, spec.policy_hz)
    happened = []
    with GraphProcess(options) as graph:
        graph.wait_until_running()
        with GateOperator(spec, context.domain, graph.environment) as operator:
            operator.give_goal(TARGETS[1])
            operator.wait(2.0)
            for number in range(count):
                happened.append(_kill_one(graph, operator, TARGETS[number % 2], rng))
    assert options.recording is not None
    applied = read_recording(Path(options.recording), spec).applied
    return [
        Kill(judge_stop(spec, applied, killed_s, until_s), refusal)
        for killed_s, until_s, refusal in happened
    ]


def _arm_without_reset(operator: GateOperator) -> tuple[bool, str]:
    """Try to arm; a refusal because the killed process is not forgotten yet proves nothing."""
    deadline_s = time.monotonic() + FORGET_S
    was_armed, answer = operator.arm()
    while not was_armed and "publish" in answer and time.monotonic() < deadline_s:
        operator.wait(0.2)
        was_armed, answer = operator.arm()
    return was_armed, answer


def _kill_one(
    graph: GraphProcess, operator: GateOperator, target: np.ndarray, rng: np.random.Generator
) -> tuple[float, float, str]:
    """Kill in motion, look on, then bring the robot back; return times and answers."""
    operator.give_goal(target)
    operator.wait(float(rng.uniform(0.15, 0.6)))
    pid = child_running(graph.child.pid, "surefoot_nodes.policy_node")
    if pid is None:
        raise RuntimeError("no policy_node is running that could be killed")
    killed_s = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    operator.wait(WATCH_S)
    was_armed, answer = _arm_without_reset(operator)
    until_s = time.monotonic()
    operator.reset()
    operator.activate("policy_node")
    operator.arm_again()
    operator.wait(RETURN_S)
    return killed_s, until_s, "" if was_armed else answer
