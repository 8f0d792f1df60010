"""Does this robot build the observations that the policy was trained on?

The contract holds names and order; this holds everything else that enters an observation: scales,
signs, limits that a term divides by, and the geometry behind the tool's position.
"""

from __future__ import annotations

import numpy as np

from rl_agent.exceptions import ContractError, Problem
from rl_agent.interface.action import SetPoint
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.interface.recent_actions import RecentActions
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import Array, FloatArray, Imu, Measurement

from .manifest import Probe

NUM_PROBES = 3
TOLERANCE = 1e-4
"""Per entry; observations are of the order of one, and MuJoCo's versions differ by far less."""


def make_probe(spec: RobotSpec, task: Task) -> Probe:
    """Return readings about the home pose with the observations built from them."""
    rng = np.random.default_rng(0)
    shape = (NUM_PROBES, len(spec.joints))
    position = spec.home + rng.uniform(-0.3, 0.3, shape)
    velocity = rng.uniform(-0.5, 0.5, shape)
    goal = rng.uniform(0.05, 0.3, (NUM_PROBES, task.goal_dim))
    obs = _observe(spec, task, position, velocity, goal)
    return Probe(
        position=position.tolist(),
        velocity=velocity.tolist(),
        goal=goal.tolist(),
        obs=obs.astype(np.float64).tolist(),
    )


def check_probe(probe: Probe, spec: RobotSpec, task: Task, source: str) -> None:
    """Refuse a bundle for which this robot would build other observations.

    Call it after the contract was found to hold: joints and layout are then the same.

    Raises:
        ContractError: Names every observation term that differs, with both numbers.
    """
    position, velocity, goal = map(_rows, (probe.position, probe.velocity, probe.goal))
    found = _observe(spec, task, position, velocity, goal)
    expected = _rows(probe.obs)
    problems = []
    for name, start, size in ObservationBuilder(spec, task, task.kinematics).layout:
        part = slice(start, start + size)
        difference = np.abs(found[:, part] - expected[:, part])
        if size and not difference.max() <= TOLERANCE:
            row, column = np.unravel_index(int(difference.argmax()), difference.shape)
            ours, theirs = found[row, start + column], expected[row, start + column]
            message = (
                f"for one and the same reading the policy was trained on {theirs:.6g} (place "
                f"{column}), this robot gives {ours:.6g}; scales, limits or the tool's geometry "
                "changed since the export"
            )
            problems.append(Problem(f"observation.{name}", message))
    if problems:
        raise ContractError(source, problems)


def _observe(
    spec: RobotSpec, task: Task, position: Array, velocity: Array, goal: Array
) -> FloatArray:
    builder = ObservationBuilder(spec, task, task.kinematics)
    return np.array(
        [
            _observe_one(spec, builder, *reading)
            for reading in zip(position, velocity, goal, strict=True)
        ]
    )


def _observe_one(
    spec: RobotSpec, builder: ObservationBuilder, position: Array, velocity: Array, goal: Array
) -> FloatArray:
    commanded = list(spec.command_index)
    ones = np.ones(len(commanded))
    # Fixed offsets: every term that looks at the set-point then differs from zero.
    setpoint = SetPoint(position[commanded] + 0.02, velocity[commanded] + 0.1, 0.5 * ones)
    previous_action = np.linspace(-0.5, 0.5, spec.act_dim, dtype=np.float32)
    shares = np.linspace(1.0, -1.0, 1 + spec.obs_history, dtype=np.float32)
    recent = RecentActions(shares[:, None] * previous_action)
    # So has every term of the body; robots that have no such terms do not ask.
    imu = Imu(np.array([0.6, 0.0, -0.8]), np.array([0.4, -2.0, 1.0]))
    base_velocity = np.array([0.5, -0.1, 0.02])
    measurement = Measurement(
        0.0, position, velocity, imu=imu, base_velocity=base_velocity, age_s=0.01
    )
    return builder.build(measurement, goal, setpoint, recent)


def _rows(rows: list[list[float]]) -> Array:
    return np.array(rows, dtype=np.float64)
