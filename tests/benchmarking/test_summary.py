import numpy as np
import pytest
from bench_lines import evaluation
from bench_lines import line as final

from rl_agent.benchmarking.published import Scale, published_returns, scale_of
from rl_agent.benchmarking.summary import aggregate, curves, summarize


def test_a_row_holds_all_seeds_of_a_task():
    lines = [final("sac", "Pendulum-v1", seed, 10.0 * seed, cpu_s=seed) for seed in range(4)]
    (row,) = summarize([*lines, evaluation("sac", 0, 500, 77.0)])
    assert row.returns == (0.0, 10.0, 20.0, 30.0)
    assert (row.figures.mean, row.figures.iqm) == (15.0, 15.0)
    assert row.figures.mean_interval.lower < 15.0 < row.figures.mean_interval.upper
    assert (row.cpu_s, row.wall_s) == (1.5, 3.0)


def test_other_steps_labels_and_tasks_are_other_rows():
    lines = [
        final("sac", "Pendulum-v1", 0, 1.0),
        final("sac", "Pendulum-v1", 0, 2.0, env_step=2000),
        final("td3", "Pendulum-v1", 0, 3.0),
        final("sac", "Hopper-v4", 0, 4.0),
    ]
    assert [row.figures.mean for row in summarize(lines)] == [4.0, 1.0, 3.0, 2.0]


def test_a_seed_that_was_done_again_counts_once_with_its_newest_return():
    lines = [
        final("sac", "Pendulum-v1", 0, 1.0),
        final("sac", "Pendulum-v1", 0, 5.0, commit="b" * 40),
    ]
    (row,) = summarize(lines)
    assert row.returns == (5.0,)
    assert row.commits == ("b" * 40,)


def test_tasks_are_put_together_by_their_scales():
    hopper, cheetah = scale_of("Hopper-v4"), scale_of("HalfCheetah-v4")
    lines = []
    for seed in (0, 1):
        # Normalised: Hopper 0 and 1, HalfCheetah 0.5 twice: mean (0 + 1 + 0.5 + 0.5) / 4 = 0.5
        half = 0.5 * (cheetah.random + cheetah.reference)
        lines.append(final("sac", "HalfCheetah-v4", seed, half))
        lines.append(final("sac", "Hopper-v4", seed, [hopper.random, hopper.reference][seed]))
        lines.append(final("sac", "Pendulum-v1", seed, -150.0))
    (whole,) = aggregate(summarize(lines))
    assert whole.envs == ("HalfCheetah-v4", "Hopper-v4")  # nobody published Pendulum's scale
    assert whole.figures.mean == pytest.approx(0.5)
    assert whole.figures.iqm == pytest.approx(0.5)
    # Hopper's pair is drawn as 0, 0 or 1, 1 at worst: (0 + 0 + 1) / 4 and (1 + 1 + 1) / 4
    interval = whole.figures.mean_interval
    assert (interval.lower, interval.upper) == (pytest.approx(0.25), pytest.approx(0.75))


def test_labels_are_compared_on_the_tasks_that_all_have():
    envs = ("HalfCheetah-v4", "Hopper-v4", "Ant-v4")
    lines = [final("sac", env, 0, 1.0) for env in envs]
    lines += [final("td3", env, 0, 1.0) for env in envs[:2]]
    assert {entry.envs for entry in aggregate(summarize(lines))} == {envs[:2]}
    assert aggregate(summarize(lines[:1])) == []


def test_a_curve_has_the_steps_of_all_seeds():
    lines = [
        evaluation("sac", 0, 100, 1.0),
        evaluation("sac", 0, 200, 2.0),
        evaluation("sac", 0, 300, 3.0),
        evaluation("sac", 1, 100, 3.0),
        evaluation("sac", 1, 200, 6.0),
    ]
    (curve,) = curves(lines)
    assert curve.env_steps == (100, 200)
    np.testing.assert_array_equal(curve.returns, [[1.0, 2.0], [3.0, 6.0]])
    middle, intervals = curve.middle()
    assert middle == [2.0, 4.0]
    assert (intervals[1].lower, intervals[1].upper) == (2.0, 6.0)


def test_runs_and_evaluations_without_a_return_are_left_out():
    lines = [evaluation("sac", seed, step, 1.0) for seed in (0, 1) for step in (100, 200)]
    del lines[0]["mean_return"]
    lines += [final("sac", "Pendulum-v1", 0, np.nan), final("sac", "Pendulum-v1", 1, 3.0)]
    lines += [final("td3", "Pendulum-v1", 0, np.nan)]
    (row,) = summarize(lines)
    assert (row.label, row.returns) == ("sac", (3.0,))
    (curve,) = curves(lines)
    assert curve.env_steps == (200,)


def test_published_returns_are_found_by_task_and_steps():
    found = published_returns("HalfCheetah-v4", 100_000)
    assert [(p.algorithm, p.mean_return) for p in found] == [
        ("flash_sac", 9815.0),
        ("crossq", 8112.0),
        ("simba_v2", 7328.0),
    ]
    assert all("arxiv.org" in entry.paper for entry in found)
    assert published_returns("HalfCheetah-v4", 99_999) == []


def test_a_scale_is_0_for_random_and_1_for_the_reference():
    scale = Scale(-100.0, 300.0)
    assert [scale.normalize(value) for value in (-100.0, 100.0, 300.0)] == [0.0, 0.5, 1.0]
    assert scale_of("NoSuch-v0") is None
