"""A made-up report with every part in it."""

import numpy as np
import pytest

from rl_agent.reporting.png import encode_png
from rl_agent.reporting.report import (
    Commands,
    CommandShares,
    Interventions,
    LearningPoint,
    Picture,
    ReachSeries,
    Report,
    SmoothnessFigures,
    SpeedExample,
    Stage,
    Timing,
    Training,
    Trial,
)

JOINTS = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")


def make_trials(rng, count, share, error_m):
    trials = []
    for _ in range(count):
        success = bool(rng.random() < share)
        error = float(rng.gamma(4.0, error_m / 4.0)) if success else float(rng.uniform(0.03, 0.4))
        time_s = float(rng.uniform(0.5, 1.4)) if success else None
        goal = tuple(float(v) for v in rng.uniform(-0.3, 0.3, 3))
        trials.append(
            Trial(goal_m=goal, is_success=success, time_to_target_s=time_s, final_error_m=error)
        )
    return tuple(trials)


def make_stretch(rng):
    time = np.arange(0.0, 4.0, 0.01)
    phase = rng.uniform(0.0, 6.0, (len(JOINTS), 1))
    velocity = (
        0.75 * np.sin(1.3 * time + phase) ** 3 * np.array([[1], [0.9], [0.7], [0.8], [0], [0]])
    )
    position = np.clip(0.1 + np.cumsum(velocity, axis=1) * 0.008, -1, 1)
    acceleration = np.clip(np.gradient(velocity, 0.01, axis=1) * 0.3, -1, 1)
    return CommandShares(
        joints=JOINTS,
        time_s=tuple(time.tolist()),
        position=tuple(map(tuple, position.tolist())),
        velocity=tuple(map(tuple, velocity.tolist())),
        acceleration=tuple(map(tuple, acceleration.tolist())),
    )


def make_speed_example():
    time = np.arange(0.0, 2.0, 0.01)
    s = np.clip(time / 0.9, 0.0, 1.0)
    ideal = 60.0 * s**2 * (1.0 - s) ** 2
    return SpeedExample(
        time_s=tuple(time.tolist()),
        speed=tuple((0.95 * ideal + 0.1 * np.abs(np.sin(9.0 * time)) * (s < 1)).tolist()),
        ideal=tuple(ideal.tolist()),
    )


def make_picture():
    y, x = np.mgrid[0:180, 0:240]
    return encode_png(np.stack([x, y + 40, 255 - x // 2], axis=-1).astype(np.uint8))


@pytest.fixture
def pictures():
    return {f"reach_{i}.png": make_picture() for i in range(4)}


@pytest.fixture
def report():
    rng = np.random.default_rng(3)
    shares = [0.0, 0.05, 0.2, 0.55, 0.8, 0.92, 0.95, 0.97, 0.98]
    return Report(
        robot="so101",
        description="SO-101 desk arm, 5 joints and gripper, position servos",
        task="reach",
        seed=7,
        created="2026-11-21 08:00 UTC",
        is_quick=False,
        folder="runs/demo",
        tolerance_m=0.02,
        hold_s=0.5,
        limit_s=4.0,
        machine={"processor": "Example CPU, 2 cores", "memory": "8 GB", "system": "Linux 6.1"},
        versions={"surefoot": "0.1.0", "commit": "0123abc", "python": "3.11.7"},
        stages=(
            Stage(name="Check", seconds=0.8, summary="Profile and twin agree."),
            Stage(name="Train", seconds=123.0, summary="8000 practice steps in the twin."),
            Stage(name="Drive", seconds=62.0, summary="30 fresh targets over ROS 2."),
        ),
        training=Training(
            env_steps=8000,
            gradient_steps=16000,
            seconds=123.0,
            curve=tuple(
                LearningPoint(env_step=1000 * i, success_share=share)
                for i, share in enumerate(shares)
            ),
            practice=tuple(
                LearningPoint(env_step=1000 * i, success_share=0.9 * share)
                for i, share in enumerate(shares)
            ),
        ),
        series=(
            ReachSeries(key="policy", trials=make_trials(rng, 30, 0.97, 0.007)),
            ReachSeries(key="dls", trials=make_trials(rng, 30, 1.0, 0.002)),
            ReachSeries(key="random", trials=make_trials(rng, 30, 0.0, 0.2)),
        ),
        commands=Commands(
            num_ticks=12345,
            num_gaps=0,
            violations={"position": 0, "velocity": 0, "acceleration": 0},
            stretch=make_stretch(rng),
        ),
        smoothness=(
            SmoothnessFigures(
                key="policy",
                sign_changes_per_s=1.9,
                reference_sign_changes_per_s=1.2,
                energy=1.4e-4,
                reference_energy=1.1e-4,
                rest_speed=0.012,
            ),
            SmoothnessFigures(
                key="dls",
                sign_changes_per_s=1.3,
                reference_sign_changes_per_s=1.1,
                energy=2.4e-4,
                reference_energy=0.9e-4,
                rest_speed=0.002,
            ),
        ),
        speed_example=make_speed_example(),
        timing=Timing(
            latencies_ms=tuple(rng.gamma(6.0, 0.35, 900).tolist()),
            policy_hz=20.0,
            policy_late_share=0.0,
            gate_hz=100.0,
            gate_late_share=0.0012,
        ),
        interventions=Interventions(
            num_ticks=12345,
            ticks={"ACCELERATION": 812, "VELOCITY": 14, "START_RAMP": 22, "POSITION": 3},
            mean_change={"ACCELERATION": 0.31, "VELOCITY": 0.02},
            limited_ticks=829,
            following_ticks=12300,
        ),
        pictures=tuple(
            Picture(
                file=f"reach_{i}.png",
                caption=f"{0.3 * i:.1f} s: on its way",
                alt=f"The twin {0.3 * i:.1f} s after the target was given",
            )
            for i in range(4)
        ),
    )
