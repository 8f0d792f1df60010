import numpy as np
import pytest

from rl_agent.exploration.state_dependent import StateDependentNoise


class Counting:
    """A generator whose draws are 1, 2, 3, ..."""

    def standard_normal(self, shape, dtype):
        return np.arange(1, np.prod(shape) + 1, dtype=dtype).reshape(shape)


def test_a_step_by_hand():
    noise = StateDependentNoise(2, Counting(), resample=0)
    # Weights are [[1, 2], [3, 4], [5, 6]], the last row the constant's, which hardly counts beside
    # features of length 5: ((3 * 1 + 4 * 3) / 5, (3 * 2 + 4 * 4) / 5).
    step = noise.sample(np.array([3.0, 4.0], np.float32))
    assert step.tolist() == pytest.approx([3.0, 4.4], abs=0.01)
    # Without any feature the constant alone points somewhere, and its length is one too.
    assert noise.sample(np.zeros(2, np.float32)).tolist() == pytest.approx([5.0, 6.0])


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e3])
def test_the_deviation_is_1_whatever_the_features(size):
    features = size * np.random.default_rng(1).uniform(0.0, 1.0, 64).astype(np.float32)
    noise = StateDependentNoise(20_000, np.random.default_rng(0), resample=1)
    for _ in range(3):
        step = noise.sample(features)
        assert step.mean() == pytest.approx(0.0, abs=0.03)
        assert step.std() == pytest.approx(1.0, abs=0.02)


def test_two_states_go_together_as_their_features_do():
    # The cosine between (1, 0) and (3, 4) is 0.6.
    noise = StateDependentNoise(50_000, np.random.default_rng(0), resample=0)
    first = noise.sample(np.array([1.0, 0.0], np.float32))
    second = noise.sample(np.array([3.0, 4.0], np.float32))
    assert (first * second).mean() == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize(("resample", "drawn"), [(0, 1), (1, 6), (4, 2)])
def test_the_function_lasts_as_long_as_it_was_told(resample, drawn):
    noise = StateDependentNoise(1, np.random.default_rng(0), resample=resample)
    steps = [float(noise.sample(np.ones(3, np.float32))[0]) for _ in range(6)]
    assert len(set(steps)) == drawn
