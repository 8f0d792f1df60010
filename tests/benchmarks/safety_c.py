"""What does the filter cost? On the FR3 with all that its profile asks for, in process."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import mujoco
import numpy as np
from bench.context import Context
from bench.figure import Figure, at_most, reported

from rl_agent.robots.profile import load_robot
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command, Reason
from sim.mechanics import make_mechanics
from sim.prediction import MujocoPredictor

ROBOT = "fr3"
NUM_TICKS = 30_000
NUM_COMPARED = 4_000
P99_US = 200.0
RATIO = 1.6
STEPS = 25
BEYOND = 0.5
"""Targets lie up to this far beyond the joints' ends [rad]."""
HELD_TICKS = (5, 60)
WARM_UP = 200
COUPLED = Reason.WORKSPACE | Reason.SELF_DISTANCE | Reason.EFFORT | Reason.POWER | Reason.BARRIER


def measure(context: Context) -> Iterator[Figure]:
    """Yield the filter's time per call, and what a prediction adds to it."""
    spec = with_prediction(load_robot(ROBOT), 0)
    yield from _per_call(context, spec)
    yield _with_a_check(context, spec)


def with_prediction(spec: RobotSpec, steps: int) -> RobotSpec:
    """Return the robot with a predictive check of so many steps."""
    return replace(spec, safety=replace(spec.safety, prediction_steps=steps))


def make_filter(spec: RobotSpec) -> SafetyFilter:
    """Return a filter at home."""
    safety_filter = SafetyFilter(spec, mechanics=make_mechanics(spec))
    safety_filter.reset(spec.home[list(spec.command_index)])
    return safety_filter


def adversary(spec: RobotSpec, rng: np.random.Generator) -> Iterator[Command]:
    """Yield targets anywhere in and beyond the range, each for a while, at any speed."""
    joints = spec.command_joints
    lower = np.array([joint.lower for joint in joints]) - BEYOND
    upper = np.array([joint.upper for joint in joints]) + BEYOND
    speed = np.array([joint.max_velocity for joint in joints])
    while True:
        target = rng.uniform(lower, upper)
        for _ in range(int(rng.integers(*HELD_TICKS))):
            yield Command(target, rng.uniform(-speed, speed))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector out, as the gate's thread does."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _per_call(context: Context, spec: RobotSpec) -> Iterator[Figure]:
    count = context.repeats(NUM_TICKS, 3000)
    safety_filter = make_filter(spec)
    targets = adversary(spec, np.random.default_rng(context.seed))
    wall_ns, cpu_ns = np.empty(count), np.empty(count)
    num_coupled = 0
    for _ in range(WARM_UP):
        safety_filter.step(next(targets))
    with undisturbed():
        for tick in range(count):
            target = next(targets)
            cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
            verdict = safety_filter.step(target)
            wall_ns[tick] = time.perf_counter_ns() - wall
            cpu_ns[tick] = time.thread_time_ns() - cpu
            num_coupled += bool(verdict.reasons & COUPLED)
    p50, p99 = np.percentile(wall_ns, [50.0, 99.0]) / 1e3
    cpu_p50, cpu_p99 = np.percentile(cpu_ns, [50.0, 99.0]) / 1e3
    detail = (
        f"wall time of SafetyFilter.step without prediction, {count} adversarial targets; p50"
        f" {p50:.0f} us; CPU time p50 {cpu_p50:.0f}, p99 {cpu_p99:.0f} us; zones, pairs or efforts"
        f" changed {100.0 * num_coupled / count:.1f} % of them{context.quick_words('fewer ticks')}"
    )
    yield at_most("safety-c.p99", float(p99), P99_US, "us", detail)
    yield reported("safety-c.p50", float(p50), "us")


def _with_a_check(context: Context, spec: RobotSpec) -> Figure:
    """Interleave both filters and the bare steps, from the same states."""
    count = context.repeats(NUM_COMPARED, 500)
    checked_spec = with_prediction(spec, STEPS)
    checked, plain = make_filter(checked_spec), make_filter(spec)
    bare = BareSteps(checked_spec)
    targets = adversary(spec, np.random.default_rng(context.seed + 1))
    times_ns = np.empty((WARM_UP + count, 3))
    with undisturbed():
        for row in times_ns:
            target, state = next(targets), checked.get_state()
            plain.set_state(state)
            start = time.thread_time_ns()
            plain.step(target)
            between = time.thread_time_ns()
            checked.step(target)
            row[:2] = between - start, time.thread_time_ns() - between
            row[2] = bare.time_ns(state["position"], state["velocity"])
    without, with_check, steps = np.median(times_ns[WARM_UP:], axis=0) / 1e3
    added = np.median(times_ns[WARM_UP:, 1] - times_ns[WARM_UP:, 0]) / 1e3
    detail = (
        f"CPU time, medians of {count}: without {without:.0f} us, with {with_check:.0f} us, the"
        f" difference {added:.0f} us; {STEPS} bare mj_step of the same planning model"
        f" {steps:.0f} us{context.quick_words('fewer ticks')}"
    )
    return at_most("safety-c.check_ratio", float(added / steps), RATIO, "", detail)


class BareSteps:
    """Steps the planning model and does nothing else."""

    def __init__(self, spec: RobotSpec) -> None:
        self._model = MujocoPredictor(spec).model
        self._data = mujoco.MjData(self._model)
        joints = [self._model.joint(name) for name in spec.command_names]
        self._qpos = np.array([int(joint.qposadr[0]) for joint in joints])
        self._qvel = np.array([int(joint.dofadr[0]) for joint in joints])

    def time_ns(self, position: Array, velocity: Array) -> int:
        """Return the CPU time of all steps from a state, towards the same position."""
        self._data.qpos[self._qpos] = position
        self._data.qvel[self._qvel] = velocity
        self._data.ctrl[:] = position
        start = time.thread_time_ns()
        mujoco.mj_step(self._model, self._data, STEPS)
        return time.thread_time_ns() - start
