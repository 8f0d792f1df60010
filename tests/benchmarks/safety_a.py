"""A million adversarial ticks per robot in process, with gate and twin, and ten thousand over ROS.

Judged on differences of the commands by tick sequence, to 1e-9. What the twin does with them has no
such bound: servos lag, sag and overshoot, so its figures have margins of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.context import Context
from bench.figure import Figure, at_least, at_most, equal, reported
from bench.tick_audit import Extremes, TickAudit
from bench.wire_attack import attack

from rl_agent.robots.profile import available_robots, load_robot
from rl_agent.spec import ControllerType

ROBOTS = ("so101", "ur5e", "cartpole", "fr3")
WIRE_ROBOTS = ("so101", "ur5e", "cartpole", "fr3")
NUM_TICKS, QUICK_TICKS = 1_000_000, 10_000
NUM_PROCESSES = 2
"""Side by side, each with its own seed and half of the ticks."""
WIRE_TICKS, QUICK_WIRE_TICKS = 10_000, 1_500
WIRE_SPARE = 1.15
SILENT_SPARE = 1.8
"""Ticks are lost to resets: the gate commands nothing until it is armed again, and a robot without
position control (cartpole) is let go meanwhile."""
POISON_EVERY = 800
"""joint_states, 4 s, between two numbers that are none."""
BEYOND = 0.02
"""Twin: how far a servo may pass a hard limit [rad or m]; the soft ones lie inside of it."""
TWIN_SPEED = 1.5
"""Twin: of v_max; a servo catches up with a reference that it lags behind."""
LIMITS = ("position", "velocity", "acceleration", "jerk", "velocity_curve", "velocity_field")


def measure(context: Context) -> Iterator[Figure]:
    """Yield what got out, in process and over the wire, per robot."""
    known = available_robots()
    for robot in (name for name in ROBOTS if name in known):
        yield from _in_process(context, robot)
    for robot in (name for name in WIRE_ROBOTS if name in known):
        yield from _over_wire(context, robot)


def _in_process(context: Context, robot: str) -> Iterator[Figure]:
    num_ticks = context.repeats(NUM_TICKS, QUICK_TICKS)
    context.say(f"{robot}: {num_ticks} ticks in {NUM_PROCESSES} processes …")
    seeds = [NUM_PROCESSES * context.seed + i for i in range(NUM_PROCESSES)]
    answers = _answers([_start(robot, num_ticks // NUM_PROCESSES, seed) for seed in seeds])
    extremes, events = Extremes(), Counter[str]()
    for answer in answers:
        extremes.add(Extremes(Counter(answer["counts"]), answer["shares"]))
        events.update(answer["events"])
    row, counts = f"safety-a.{robot}", extremes.counts
    seconds = max(answer["seconds"] for answer in answers)
    spoilt = f"{events['poisoned']} with NaN, ±Inf or ±1e308 ({events['poison_kinds'] // 2} kinds)"
    detail = (
        f"{seconds:.0f} s; {events['followed']} ticks followed a source, {counts['braking']} braked"
        f" or held; proposals: {events['accepted']} taken, {events['refused']} refused, among them"
        f" {spoilt} and {events['wrong_sizes']} of a wrong size; {events['latched']} latched stops"
        f" ({_reasons(events)}), each reset at standstill and armed again;"
        f" {counts['began_outside']} armings began outside a soft limit; closest to the limits:"
        f" {_shares(extremes)}" + context.quick_words("fewer ticks")
    )
    yield at_least(f"{row}_ticks", counts["ticks"], num_ticks, "ticks", detail)
    yield equal(f"{row}_not_finite", counts["not_finite"], 0, "ticks")
    yield equal(f"{row}_violations", _violations(counts), 0, "ticks outside", _by_limit(counts))
    beyond, speed = extremes.shares["twin_beyond"], extremes.shares["twin_speed"]
    yield at_most(f"{row}_twin_position", beyond, BEYOND, "rad or m beyond a hard limit")
    yield at_most(f"{row}_twin_velocity", speed, TWIN_SPEED, "of v_max")


def _over_wire(context: Context, robot: str) -> Iterator[Figure]:
    spec = load_robot(robot)
    num_ticks = context.repeats(WIRE_TICKS, QUICK_WIRE_TICKS)
    is_let_go = spec.controller.type is ControllerType.FORWARD_VELOCITY
    seconds = num_ticks / spec.gate_hz * (SILENT_SPARE if is_let_go else WIRE_SPARE)
    words = ("--poison-every", str(POISON_EVERY))
    recording, num_stops = attack(context, spec, f"wire-{robot}", seconds, *words)
    audit = TickAudit(spec)
    audit.note_series(recording.applied)
    extremes = audit.finish()
    counts, row = extremes.counts, f"safety-a.wire_{robot}"
    followed = sum(source == "policy" for source in recording.applied.sources)
    detail = (
        f"{followed} followed the adversary, {counts['braking']} braked or held, {counts['gaps']}"
        f" gaps, {num_stops} latched stops reset; closest to the limits: {_shares(extremes)}"
        + context.quick_words("fewer ticks")
    )
    yield at_least(f"{row}_ticks", counts["ticks"], num_ticks, "ticks", detail)
    yield equal(f"{row}_not_finite", counts["not_finite"], 0, "ticks")
    yield equal(f"{row}_violations", _violations(counts), 0, "ticks outside", _by_limit(counts))
    yield reported(f"{row}_followed", followed, "ticks")


def _start(robot: str, num_ticks: int, seed: int) -> subprocess.Popen[str]:
    here = Path(__file__).parent
    paths = [str(here), *filter(None, [os.environ.get("PYTHONPATH")])]
    words = ["--robot", robot, "--ticks", str(num_ticks), "--seed", str(seed)]
    return subprocess.Popen(
        [sys.executable, "-m", "bench.assault", *words],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
    )


def _answers(processes: list[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    try:
        texts = [process.communicate()[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [json.loads(text) for text in texts]


def _violations(counts: Counter[str]) -> int:
    return sum(counts[name] for name in LIMITS)


def _by_limit(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in LIMITS if name in counts)


def _reasons(events: Counter[str]) -> str:
    found = {k.removeprefix("latched_"): n for k, n in events.items() if k.startswith("latched_")}
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items()))


def _shares(extremes: Extremes) -> str:
    shown = (item for item in extremes.shares.items() if not item[0].startswith("twin"))
    return ", ".join(f"{name} {share:.12g}" for name, share in sorted(shown))
