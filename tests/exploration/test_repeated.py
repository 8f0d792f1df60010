import numpy as np
import pytest

from rl_agent.exploration.repeated import RepeatedNoise, cumulative_durations


class Scripted:
    """A generator whose Gaussians count up, and whose uniform numbers were given."""

    def __init__(self, *uniform):
        self._uniform = list(uniform)
        self._count = 0.0

    def standard_normal(self, dim, dtype):
        self._count += 1.0
        return np.full(dim, self._count, dtype)

    def random(self):
        return self._uniform.pop(0)


def test_a_duration_is_as_likely_as_its_inverse_square():
    share = np.diff(cumulative_durations(), prepend=0.0)
    assert len(share) == 16
    assert share.sum() == pytest.approx(1.0)
    # The sum of n^-2 to 16 is 1.584347.
    assert share[:3] == pytest.approx(np.array([1.0, 1 / 4, 1 / 9]) / 1.584347, rel=1e-6)


def test_a_draw_is_held_for_as_long_as_was_drawn():
    # Up to one step: 0.6312; to two: 0.7890; to three: 0.8591. A one can come of rounding alone.
    noise = RepeatedNoise(1, Scripted(0.0, 0.64, 0.85, 0.63, 1.0))
    steps = [noise.sample()[0] for _ in range(1 + 2 + 3 + 1 + 16)]
    assert steps == [1.0] + 2 * [2.0] + 3 * [3.0] + [4.0] + 16 * [5.0]


def test_what_was_handed_out_is_the_callers():
    noise = RepeatedNoise(1, Scripted(0.64))
    noise.sample()[:] = 7.0
    assert noise.sample()[0] == 1.0


def test_the_mean_duration_is_about_two_steps():
    noise = RepeatedNoise(1, np.random.default_rng(0))
    steps = np.array([noise.sample()[0] for _ in range(20_000)])
    # The sum of n^-1 to 16 over that of n^-2: 3.380729 / 1.584347.
    assert len(steps) / len(np.unique(steps)) == pytest.approx(2.134, rel=0.05)
