"""What every process promises, and what each is."""

import math

import numpy as np
import pytest

from rl_agent.exploration.ornstein_uhlenbeck import OrnsteinUhlenbeckNoise
from rl_agent.exploration.pink import PinkNoise, colored_sequence
from rl_agent.exploration.registry import make_noise

KINDS = ("sampled", "gaussian", "ou", "pink", "gsde", "repeated")
every_kind = pytest.mark.parametrize("kind", KINDS)


def noise_of(kind, dim=2, seed=0, horizon=8):
    return make_noise(
        kind, dim, np.random.default_rng(seed), theta=0.15, horizon=horizon, resample=4
    )


def samples(noise, count):
    return np.stack([noise.sample() for _ in range(count)])


@every_kind
def test_each_step_is_float32_of_mean_0_and_deviation_1(kind):
    # Components are independent: 20 000 of them show how one step is spread.
    noise = noise_of(kind, dim=20_000)
    for _ in range(5):
        step = noise.sample()
        assert (step.dtype, step.shape) == (np.float32, (20_000,))
        assert step.mean() == pytest.approx(0.0, abs=0.03)
        assert step.std() == pytest.approx(1.0, abs=0.02)


@every_kind
def test_the_same_seed_gives_the_same_noise(kind):
    first = samples(noise_of(kind), 20)
    assert np.array_equal(first, samples(noise_of(kind), 20))
    assert not np.array_equal(first, samples(noise_of(kind, seed=1), 20))


@every_kind
@pytest.mark.parametrize("count", [0, 3, 8, 11])
def test_saved_noise_goes_on_bit_by_bit(kind, count):
    first = noise_of(kind)
    samples(first, count) if count else None
    second = noise_of(kind, seed=9)
    state = first.get_state()
    second.rng.bit_generator.state = first.rng.bit_generator.state
    second.set_state(state)
    expected = samples(first, 20)  # also shows that the state is a copy
    assert np.array_equal(samples(second, 20), expected)


@every_kind
def test_an_episode_knows_nothing_of_the_one_before(kind):
    noise, fresh = noise_of(kind), noise_of(kind)
    samples(noise, 3)
    noise.reset()
    fresh.rng.bit_generator.state = noise.rng.bit_generator.state
    assert np.array_equal(samples(noise, 10), samples(fresh, 10))
    assert np.array_equal(noise.rng.random(3), fresh.rng.random(3))


class Ones:
    """A generator that draws nothing but ones."""

    def standard_normal(self, shape):
        return np.ones(shape)


def test_ornstein_uhlenbeck_by_hand():
    noise = OrnsteinUhlenbeckNoise(1, Ones(), theta=math.log(2.0))
    # e^-theta = 1/2 and sqrt(1 - 1/4): 1, 1/2 + 0.8660, half of that + 0.8660.
    assert samples(noise, 3)[:, 0].tolist() == pytest.approx([1.0, 1.3660254, 1.5490381])


def test_ornstein_uhlenbeck_forgets_exponentially():
    noise = noise_of("ou", dim=20_000)
    first, *_, last = samples(noise, 8)
    assert (first * last).mean() == pytest.approx(math.exp(-0.15 * 7), abs=0.02)


def test_a_pink_sequence_by_hand():
    # Four steps have waves of frequency 0 (taken as 1/4), 1/4 and 1/2, of power 4, 4 and 2. With
    # ones drawn, the spectrum is 2 sqrt 2, 2 (1 + i) and 2, so the inverse transform gives
    # x = [2 sqrt 2 + 4 + 2, 2 sqrt 2 - 4 - 2, 2 sqrt 2 - 4 + 2, 2 sqrt 2 + 4 - 2] / 4,
    # and the variance of a step is (2 * 4 + 4 * 4 + 2 * 2) / 16 = 7/4.
    root = 2.0 * math.sqrt(2.0)
    expected = np.array([root + 6.0, root - 6.0, root - 2.0, root + 2.0]) / 4.0
    sequence = colored_sequence(4, 1, 1.0, Ones())
    np.testing.assert_allclose(sequence[:, 0], expected / math.sqrt(1.75), rtol=1e-6)


@pytest.mark.parametrize("num_steps", [2, 3, 4, 9])
def test_neighbouring_steps_of_pink_noise_correlate_as_the_spectrum_says(num_steps):
    wave = np.arange(num_steps)
    power = 1.0 / np.maximum(np.minimum(wave, num_steps - wave), 1)
    expected = (power * np.cos(2.0 * np.pi * wave / num_steps)).sum() / power.sum()
    sequence = colored_sequence(num_steps, 50_000, 1.0, np.random.default_rng(0))
    assert (sequence[0] * sequence[1]).mean() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_power_falls_with_the_frequency_to_the_exponent(exponent):
    sequence = colored_sequence(256, 500, exponent, np.random.default_rng(0))
    power = (np.abs(np.fft.rfft(sequence, axis=0)) ** 2).mean(axis=1)[1:-1]
    slope = np.polyfit(np.log(np.arange(1, 128)), np.log(power), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.03)


def test_an_episode_longer_than_the_horizon_gets_another_sequence():
    noise = PinkNoise(1, np.random.default_rng(0), horizon=4)
    rng = np.random.default_rng(0)
    expected = np.concatenate([colored_sequence(4, 1, 1.0, rng) for _ in range(2)])
    assert np.array_equal(samples(noise, 8), expected)
