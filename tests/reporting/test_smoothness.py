import numpy as np
import pytest

from rl_agent.reporting.smoothness import (
    compare_smoothness,
    energy_above,
    minimum_jerk,
    minimum_jerk_like,
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


def test_minimum_jerk_passes_known_points():
    # s = 0.25: 10/64 - 15/256 + 6/1024 = 0.103515625; half way at half time.
    path = minimum_jerk(np.array([1.0]), np.array([3.0]), 4)
    assert path[:, 0] == pytest.approx([1.0, 1.20703125, 2.0, 2.79296875, 3.0])


def test_reference_arrives_when_it_is_told_and_rests():
    position = np.array([0.0, 0.1, 0.3, 0.7, 1.0, 1.0])[:, None]
    reference = minimum_jerk_like(position, 4)
    # Four steps: s = 1/4, 1/2, 3/4.
    assert reference[:, 0] == pytest.approx([0.0, 0.103515625, 0.5, 0.896484375, 1.0, 1.0])


@pytest.mark.parametrize("arrival", [0, 1, 4, 9])
def test_a_way_of_no_length_is_its_own_reference(arrival):
    still = np.ones((5, 2))
    assert minimum_jerk_like(still, arrival) == pytest.approx(still)


def rest(path, steps=60):
    return np.concatenate([path, np.tile(path[-1], (steps, 1))])


def test_a_minimum_jerk_run_is_as_smooth_as_itself():
    there = rest(minimum_jerk(np.zeros(2), np.array([1.0, -0.5]), 80))
    back = rest(minimum_jerk(np.array([1.0, -0.5]), np.zeros(2), 80))
    result = compare_smoothness([there, back], [80, 80], T)
    assert result.arrival_s == pytest.approx(0.8)
    assert result.energy_ratio == pytest.approx(1.0)
    # Each of the two joints turns once, between the reaches: 2 in 2.8 s, as the reference.
    assert result.sign_changes_per_s == pytest.approx(2 / 2.8)
    assert result.sign_change_ratio == pytest.approx(1.0)
    assert result.rest_speed == 0.0


def test_a_tremor_is_seen_in_every_figure():
    there = rest(minimum_jerk(np.zeros(1), np.ones(1), 80))
    back = 1.0 - there
    tremor = 0.004 * np.sin(2.0 * np.pi * 8.0 * np.arange(len(there)) * T)[:, None]
    still = compare_smoothness([there, back], [80, 80], T)
    shaking = compare_smoothness([there + tremor, back + tremor], [80, 80], T)
    assert shaking.energy_ratio > 10.0 * still.energy_ratio
    # 4 mrad peak, 2.83 mrad rms.
    assert shaking.tremor == pytest.approx(2.83e-3, rel=0.02)
    assert shaking.sign_change_ratio > 5.0
    # 4 mrad at 8 Hz: 0.2 rad/s peak, 0.14 rms.
    assert shaking.rest_speed == pytest.approx(0.004 * 2 * np.pi * 8 / np.sqrt(2), rel=0.05)
