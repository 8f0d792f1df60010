import dataclasses
import math

import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.exceptions import ProfileError
from rl_agent.tasks.reach_targets import ReachTargets
from rl_agent.tasks.reach_trial import ReachRule, ReachTrial


def play(errors, *, period_s=0.05, start_s=100.0):
    """Feed one reading per period, the first one period after the start."""
    trial = ReachTrial(start_s)
    for step, error in enumerate(errors, start=1):
        if trial.update(start_s + step * period_s, error):
            break
    return trial


def test_half_a_second_inside_is_a_success_timed_at_its_beginning():
    trial = play([0.1] * 19 + [0.02] * 11)
    # Inside from reading 20 (1.0 s) to reading 30 (1.5 s): held 0.5 s.
    result = trial.result()
    assert trial.has_ended and result.is_success
    assert result.time_to_target_s == pytest.approx(1.0)
    assert result.num_readings == 30


def test_one_reading_too_few_is_not_yet_a_success():
    trial = play([0.1] * 19 + [0.02] * 10)
    assert not trial.has_ended
    assert trial.result().time_to_target_s is None


def test_leaving_starts_the_hold_anew():
    result = play([0.01] * 9 + [0.021] + [0.01] * 11).result()
    assert result.is_success
    assert result.time_to_target_s == pytest.approx(11 * 0.05)


@pytest.mark.parametrize(("entry", "is_success"), [(70, True), (71, False)])
def test_the_whole_hold_lies_inside_four_seconds(entry, is_success):
    # Entering at reading 70 is 3.5 s; the hold then ends at 4.0 s exactly.
    trial = play([0.1] * (entry - 1) + [0.0] * 40)
    assert trial.has_ended
    assert trial.result().is_success is is_success
    assert trial.result().num_readings == 80


def test_a_reading_after_the_limit_ends_the_trial_and_does_not_count():
    trial = play([0.1] * 79)
    assert trial.update(104.2, 0.0)
    assert trial.result().final_error_m == 0.1
    assert not trial.result().is_success


def test_a_gap_breaks_the_hold():
    trial = ReachTrial(0.0)
    trial.update(0.05, 0.0)
    trial.update(0.45, 0.0)  # 0.4 s of silence
    assert not trial.update(0.60, 0.0)
    assert trial._entered_s == 0.45


@pytest.mark.parametrize("stamp_s", [0.05, 0.04, -1.0])
def test_readings_that_are_not_newer_are_ignored(stamp_s):
    trial = ReachTrial(0.0)
    trial.update(0.05, 0.3)
    trial.update(stamp_s, 0.0)
    assert trial.result().num_readings == 1
    assert trial.result().smallest_error_m == 0.3


@pytest.mark.parametrize("error", [math.nan, math.inf])
def test_an_error_that_is_no_number_counts_as_outside(error):
    result = play([0.01] * 10 + [error] + [0.01] * 5).result()
    assert not result.is_success
    assert result.smallest_error_m == 0.01


def test_a_reading_at_the_very_start_counts():
    trial = ReachTrial(7.0)
    trial.update(7.0, 0.0)
    for step in range(1, 11):
        trial.update(7.0 + 0.05 * step, 0.0)
    assert trial.result().is_success
    assert trial.result().time_to_target_s == 0.0


def test_nothing_changes_after_the_end():
    trial = play([0.0] * 11)
    before = trial.result()
    assert trial.update(200.0, 5.0)
    assert trial.result() == before


@pytest.mark.parametrize("change", [{"hold_s": 5.0}, {"radius_m": 0.0}, {"limit_s": math.nan}])
def test_a_rule_that_cannot_hold_is_refused(change):
    with pytest.raises(ValueError, match=r"hold_s|expected finite"):
        ReachRule(**change)


def test_targets_keep_their_distance_and_depend_on_the_seed_alone():
    workspace = planar_spec().tool.workspace
    one, two = ReachTargets(workspace, 5), ReachTargets(workspace, 5)
    rng = np.random.default_rng(0)
    home = np.array([0.3, 0.0, 0.1])
    first = one.next(home)
    assert np.linalg.norm(first - home) >= 0.10
    two.next(home)
    previous = first
    for _ in range(50):
        # Two robots stand at different places, both within 2 cm of the target before.
        offsets = rng.normal(size=(2, 3))
        offsets *= 0.0199 / np.linalg.norm(offsets, axis=1, keepdims=True)
        starts = previous + offsets
        target = one.next(starts[0])
        np.testing.assert_array_equal(target, two.next(starts[1]))
        assert (np.linalg.norm(target - starts, axis=1) >= 0.10).all()
        previous = target


def test_a_workspace_that_is_too_small_is_an_error_not_an_endless_loop():
    workspace = dataclasses.replace(
        planar_spec().tool.workspace, pan_rad=0.01, radius_m=(0.2, 0.21)
    )
    targets = ReachTargets(workspace, 0)
    with pytest.raises(ProfileError, match="the workspace is too small"):
        targets.next(np.array([0.2, 0.0, 0.1]))


def test_after_a_miss_no_target_lies_under_the_tool():
    workspace = planar_spec().tool.workspace
    targets = ReachTargets(workspace, 5)
    tool = np.array([0.2, 0.0, 0.1])
    found = [np.linalg.norm(targets.next(tool) - tool) for _ in range(200)]
    assert min(found) >= 0.10
