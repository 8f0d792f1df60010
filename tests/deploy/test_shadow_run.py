import numpy as np
import pytest

from rl_agent.deploy.bound import Bound
from rl_agent.deploy.manifest import Golden
from rl_agent.deploy.shadow_run import ShadowConfig, ShadowRun, is_constant

BOUND = Bound(most=0.9, ratio=2.0, margin=0.3, step=0.1)


def row(*values):
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (None, 0.9),  # nothing to compare with: most
        (0.0, 0.3),  # 2 x 0 + 0.3
        (0.2, 0.7),  # 2 x 0.2 + 0.3
        (0.5, 0.9),  # 2 x 0.5 + 0.3 is beyond most
        (0.85, 0.95),  # the task asks for much: 0.85 + 0.1
    ],
)
def test_a_bound_is_absolute_and_relative(reference, expected):
    assert BOUND.limit(reference) == pytest.approx(expected)
    assert BOUND.limit(reference, slack=2.0) == pytest.approx(2.0 * expected)


@pytest.mark.parametrize("values", [{"ratio": 0.9}, {"most": 0.0}, {"margin": -1.0}, {"step": 0.0}])
def test_a_bound_without_sense_is_refused(values):
    with pytest.raises(ValueError, match="expected ratio >= 1"):
        Bound(**({"most": 1.0, "ratio": 1.0, "margin": 0.1, "step": 0.1} | values))


@pytest.mark.parametrize("values", [{"num_ticks": 1}, {"frozen_ratio": 0.0}, {"growth": 0.5}])
def test_settings_without_sense_are_refused(values):
    with pytest.raises(ValueError, match="expected"):
        ShadowConfig(**values)


def test_statistics_by_hand():
    run = ShadowRun(ShadowConfig())
    # tanh: (0, 1) -> (0.462, 1) -> (0.462, -1); saturated: the second of each.
    for mean in (row(0.0, 9.0), row(0.5, 9.0), row(0.5, -9.0)):
        run.add(row(mean[0], 2.0), mean, row(0.0, 0.0))
    figures = run.statistics()
    assert figures["obs_range"] == 0.5 and figures["mean_range"] == 18.0
    assert figures["saturated"] == 0.5
    assert figures["rough"] == pytest.approx((0.4621 / 2 + 2.0 / 2) / 2, abs=1e-4)
    assert figures["incumbent_saturated"] == figures["incumbent_rough"] == 0.0


def test_means_may_double_from_one_version_to_the_next():
    # |tanh(mean)| > 0.98 is |mean| > 2.298; the incumbent counts from half of that.
    for incumbent, objects in ((1.16, False), (1.13, True)):
        run = ShadowRun(ShadowConfig())
        for tick in range(4):
            run.add(row(tick), row(2.31), row(incumbent))
        assert bool(run.objection()) is objects
        assert run.statistics()["saturated"] == 1.0


def test_an_incumbent_that_hardly_acted_is_no_measure():
    run = ShadowRun(ShadowConfig())
    for tick in range(5):
        run.add(row(tick), row(tick), row(0.0) if tick < 2 else None)
    assert "incumbent_rough" not in run.statistics()


@pytest.mark.parametrize(
    ("obs_step", "mean_step", "is_frozen"),
    [
        (0.1, 0.0, True),
        (0.1, 1e-6, True),
        (0.1, 1e-3, False),
        (0.0, 0.0, False),  # the robot rests: nothing is known
    ],
)
def test_frozen_is_measured_against_what_was_seen(obs_step, mean_step, is_frozen):
    run = ShadowRun(ShadowConfig())
    for tick in range(10):
        run.add(row(obs_step * tick), row(mean_step * tick, 0.0), None)
    assert run.is_frozen() is is_frozen


def test_saturated_is_not_frozen():
    run = ShadowRun(ShadowConfig())
    for tick in range(10):
        run.add(row(0.1 * tick), row(20.0 + tick), row(20.0))
    assert not run.is_frozen() and run.objection() == ""  # the incumbent is saturated too


@pytest.mark.parametrize(
    ("obs", "mean", "expected"),
    [
        ([[0.0], [1.0]], [[0.3, 2.0], [0.3, 2.0]], True),
        ([[0.0], [1.0]], [[0.3, 2.0], [0.3, 2.1]], False),
        ([[1.0], [1.0]], [[0.3, 2.0], [0.3, 2.0]], False),  # the same observation twice
    ],
)
def test_golden_vectors_tell_a_constant(obs, mean, expected):
    assert is_constant(Golden(obs=obs, mean=mean, log_std=mean)) is expected
