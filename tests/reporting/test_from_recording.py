from dataclasses import replace

import numpy as np
import pytest

from rl_agent.reporting.from_recording import (
    GoalWindow,
    arrival_step,
    describe_commands,
    describe_interventions,
    describe_smoothness,
    describe_timing,
    goal_windows,
    speed_example,
)
from rl_agent.reporting.gate_counts import GateCounts
from rl_agent.reporting.recording import AppliedSeries, JointSeries, Recording
from rl_agent.reporting.smoothness import minimum_jerk
from rl_agent.robots.profile import load_robot
from rl_agent.types import Reason, SafetyState

JOINT = replace(
    load_robot("so101").joints[0],
    lower=-2.1,
    upper=2.1,
    margin=0.1,
    max_velocity=4.0,
    max_acceleration=20.0,
)
SPEC = replace(load_robot("so101"), joints=(JOINT,), gate_hz=100.0, policy_hz=20.0)
REACH = 200  # ticks between two goals


def make_recording(*, missing=None):
    """Three minimum-jerk reaches of 1 rad in 1 s, then 1 s at rest: to and fro; goals at each."""
    there = np.concatenate([minimum_jerk(np.zeros(1), np.ones(1), 100)[1:], np.ones((100, 1))])
    position = np.concatenate([np.zeros((1, 1)), there, 1.0 - there, there])
    count = len(position)
    ticks = np.arange(count)
    reasons = np.zeros(count, dtype=np.int64)
    reasons[10:15] = int(Reason.ACCELERATION | Reason.VELOCITY)
    keep = np.ones(count, dtype=bool)
    if missing is not None:
        keep[missing] = False
    received = 0.01 * ticks + 0.002
    stamps = (ticks // 5 * 50_000_000).astype(np.int64)
    applied = AppliedSeries(
        stamps_ns=stamps[keep],
        received_s=received[keep],
        position=position[keep],
        velocity=position[keep],
        ticks=ticks[keep],
        reasons=reasons[keep],
        states=(SafetyState.ARMED,) * int(keep.sum()),
        sources=("policy",) * int(keep.sum()),
    )
    five_ms = np.arange(0, 6.05, 0.005)
    measured = JointSeries(
        np.round(five_ms * 1e9).astype(np.int64),
        five_ms,
        np.zeros((len(five_ms), 1)),
        np.zeros((len(five_ms), 1)),
    )
    proposal_s = 0.001 + 0.05 * np.arange(120)
    proposals = JointSeries(
        np.round((proposal_s - 0.001) * 1e9).astype(np.int64),
        proposal_s,
        np.zeros((120, 1)),
        np.zeros((120, 1)),
    )
    return Recording(
        measurements=measured,
        applied=applied,
        proposals=proposals,
        goal_received_s=np.array([0.0, 2.0, 4.0, 6.0]),
        goals=np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
    )


def tool_of(command):
    return np.array([command[0], 0.0, 0.0])


def test_a_window_reaches_from_one_goal_to_the_next():
    windows = goal_windows(SPEC, make_recording())
    assert [len(window.position) for window in windows] == [200, 201, 201]
    assert windows[1].position[0, 0] == pytest.approx(1.0)
    assert windows[1].position[-1, 0] == pytest.approx(0.0)


def test_a_reach_with_a_missing_tick_is_left_out():
    assert len(goal_windows(SPEC, make_recording(missing=300))) == 2


def test_latency_is_from_a_reading_to_the_first_command_with_its_stamp():
    timing = describe_timing(SPEC, make_recording())
    # Readings at 0, 50, 100 ms ...; the first command with their stamp 2 ms later.
    assert set(timing.latencies_ms) == {2.0}
    assert len(timing.latencies_ms) == 121
    assert (timing.policy_late_share, timing.gate_late_share) == (0.0, 0.0)


def test_a_missing_command_is_a_late_interval_and_a_gap():
    recording = make_recording(missing=300)
    assert describe_timing(SPEC, recording).gate_late_share == pytest.approx(1 / 599)
    assert describe_commands(SPEC, recording).num_gaps == 1


def test_commands_are_audited_and_shown_as_shares():
    commands = describe_commands(SPEC, make_recording())
    assert commands.violations == {"position": 0, "velocity": 0, "acceleration": 0}
    assert commands.num_ticks == 601
    stretch = commands.stretch
    # 1 rad of +-2 rad; peak speed 1.875 of 4 rad/s; peak acceleration 5.77 of 20 rad/s2.
    assert max(stretch.position[0]) == pytest.approx(0.5)
    assert max(stretch.velocity[0]) == pytest.approx(0.469, abs=0.002)
    assert max(stretch.acceleration[0]) == pytest.approx(0.289, abs=0.003)
    assert len(stretch.time_s) == len(stretch.position[0]) == len(stretch.acceleration[0]) == 598


def test_interventions_are_counted_per_reason():
    found = describe_interventions(make_recording())
    assert (found.num_ticks, found.ticks) == (601, {"VELOCITY": 5, "ACCELERATION": 5})


def test_how_far_comes_from_the_gates_own_counts():
    reports = (
        GateCounts(-0.5, {"tick": "10", "ticks_velocity": "4", "share_velocity": "1"}),
        GateCounts(6.5, {"tick": "700", "ticks_velocity": "9", "share_velocity": "3.5"}),
    )
    found = describe_interventions(replace(make_recording(), counts=reports))
    # 2.5 rad/s over 5 ticks between the two reports.
    assert found.mean_change == {"VELOCITY": 0.5}
    assert (found.limited_ticks, found.following_ticks) == (5, 601)
    assert found.leaning_share == 5 / 601


def test_what_came_before_the_first_goal_and_after_the_policy_is_not_the_drive():
    recording = make_recording()
    late = replace(
        recording,
        goal_received_s=np.array([1.0, 2.0]),
        applied=replace(recording.applied, sources=("policy",) * 301 + ("",) * 300),
    )
    driven = late.driven().applied
    # Commands arrive at 2, 12, 22 ms ...: the first after 1 s is number 100, the last followed 300.
    assert (driven.ticks[0], driven.ticks[-1]) == (100, 300)
    assert len(driven.states) == len(driven.position) == 201


def test_an_ideal_run_is_as_smooth_as_the_ideal():
    figures = describe_smoothness(SPEC, make_recording(), "policy", tool_of)
    assert figures.sign_changes_per_s == figures.reference_sign_changes_per_s > 0.0
    assert figures.rest_speed == 0.0
    example = speed_example(SPEC, make_recording(), tool_of)
    assert max(example.speed) == pytest.approx(1.875, abs=0.005)
    assert len(example.time_s) == len(example.speed) == len(example.ideal)


def test_without_a_goal_there_is_no_smoothness():
    recording = replace(make_recording(), goal_received_s=np.zeros(0), goals=np.zeros((0, 3)))
    assert describe_smoothness(SPEC, recording, "policy", tool_of) is None
    assert speed_example(SPEC, recording, tool_of) is None


def test_arrival_is_when_the_commanded_tool_is_within_two_centimetres_for_good():
    window = GoalWindow(
        np.array([[0.0], [0.985], [0.9], [0.97], [0.99], [1.0]]), np.array([1.0, 0, 0])
    )
    assert arrival_step(window, tool_of) == 4
