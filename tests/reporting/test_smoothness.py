import numpy as np
import pytest

from rl_agent.reporting.smoothness import (
    SERVO_STEP,
    compare_smoothness,
    energy_above,
    in_steps,
    minimum_jerk,
    minimum_jerk_like,
    moving_steps,
    sign_changes,
)

T = 0.01


def test_turns_are_counted_per_joint_and_standing_is_no_turn():
    first = [1.0, 0.0, 1.0, -1.0, 0.0, 0.02, -0.02, 1.0]  # + + - (dead band) + : two turns
    second = [-1.0, -1.0, -1.0, -1.0, 0.0, 0.0, 0.0, 1.0]  # one
    assert sign_changes(np.column_stack([first, second])) == 3


def test_energy_of_a_sine_is_all_on_its_side_of_the_cutoff():
    # 2 rad/s at 8 Hz for 1 s: integral of v^2 = 4 / 2 = 2 rad2/s; whole periods leak nothing.
    time = np.arange(100) * T
    velocity = 2.0 * np.sin(2.0 * np.pi * 8.0 * time)[:, None]
    assert energy_above(velocity, T) == pytest.approx(2.0)
    assert energy_above(velocity, T, cutoff_hz=9.0) == pytest.approx(0.0, abs=1e-12)


def test_energy_over_all_frequencies_is_parsevals():
    velocity = np.random.default_rng(0).normal(size=(51, 3))
    assert energy_above(velocity, T, cutoff_hz=-1.0) == pytest.approx(np.sum(velocity**2) * T)


def test_whole_servo_steps_set_a_floor_for_the_energy():
    # A ramp of 0.1 rad/s for 1 s: exact, all energy is below 5 Hz; in steps of 1.5 mrad it is told
    # as 65 jumps, whose velocity (step / T for one tick each) is mostly above.
    ramp = np.arange(101)[:, None] * 0.001
    told = np.diff(in_steps(ramp), axis=0) / T
    assert set(np.round(told[:, 0] / (SERVO_STEP / T), 9)) == {0.0, 1.0}
    assert energy_above(np.diff(ramp, axis=0) / T, T) == pytest.approx(0.0, abs=1e-12)
    assert energy_above(told, T) > 0.9 * (np.sum(told**2) * T - 0.01)


def test_minimum_jerk_passes_known_points():
    # s = 0.25: 10/64 - 15/256 + 6/1024 = 0.103515625; half way at half time.
    path = minimum_jerk(np.array([1.0]), np.array([3.0]), 4)
    assert path[:, 0] == pytest.approx([1.0, 1.20703125, 2.0, 2.79296875, 3.0])


def test_motion_lasts_while_the_speed_is_above_five_percent_of_its_peak():
    velocity = np.array([0.0, 0.04, 0.06, 1.0, 0.5, 0.04, 0.0])[:, None]
    assert moving_steps(velocity) == (2, 5)


def test_reference_rests_before_and_after_as_the_reach_does():
    position = np.array([0.0, 0.0, 0.5, 1.0, 1.0, 1.0])[:, None]
    reference = minimum_jerk_like(position, T)
    assert reference[:, 0] == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0, 1.0])
    assert len(reference) == len(position)


def rest(path, steps=60):
    return np.concatenate([path, np.tile(path[-1], (steps, 1))])


def test_a_minimum_jerk_run_is_as_smooth_as_itself():
    there = rest(minimum_jerk(np.zeros(2), np.array([1.0, -0.5]), 80))
    back = rest(minimum_jerk(np.array([1.0, -0.5]), np.zeros(2), 80))
    result = compare_smoothness([there, back], T)
    # 16 s^2 (1-s)^2 = 0.05 at s = 0.0594, so 0.881 of the 0.8 s count as motion.
    assert result.moving_s == pytest.approx(0.70, abs=0.011)
    assert result.exact_energy_ratio < 1.0
    # Rounding to steps adds noise to both, which two reaches do not average out.
    assert result.energy_ratio == pytest.approx(1.0, abs=0.5)
    # Each of the two joints turns once, between the reaches: 2 in 2.8 s, as the reference.
    assert result.sign_changes_per_s == pytest.approx(2 / 2.8)
    assert result.sign_change_ratio == pytest.approx(1.0)
    assert result.rest_speed == 0.0


def test_a_tremor_is_seen_in_every_figure():
    there = rest(minimum_jerk(np.zeros(1), np.ones(1), 80))
    back = 1.0 - there
    tremor = 0.004 * np.sin(2.0 * np.pi * 8.0 * np.arange(len(there)) * T)[:, None]
    still = compare_smoothness([there, back], T)
    shaking = compare_smoothness([there + tremor, back + tremor], T)
    assert shaking.exact_energy_ratio > 100.0 * still.exact_energy_ratio
    assert shaking.energy_ratio > 3.0
    # 4 mrad peak, 2.83 mrad rms.
    assert shaking.tremor == pytest.approx(2.83e-3, rel=0.02)
    assert shaking.sign_change_ratio > 5.0
    # 4 mrad at 8 Hz: 0.2 rad/s peak, 0.14 rms.
    assert shaking.rest_speed == pytest.approx(0.004 * 2 * np.pi * 8 / np.sqrt(2), rel=0.05)
