"""The hot swap with real bundles: good versions, scaled, frozen and broken ones."""

import numpy as np
import pytest
from bundles import NumpyMlp, make_content
from swap_rig import step

from rl_agent.deploy.bundle import write_bundle
from rl_agent.deploy.hot_swap import HotSwap
from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.exceptions import BundleError

OBS_DIM, ACT_DIM = 16, 2


class Loop:
    """A robot at 20 Hz whose observations wander smoothly through what networks are made for."""

    def __init__(self):
        self.events = []
        self.swap = HotSwap(on_event=self.events.append)
        self._rng = np.random.default_rng(0)
        self._obs = self._rng.standard_normal(OBS_DIM)

    def run(self, ticks, rough=0.1):
        for _ in range(ticks):
            self.swap.note(step(rough=rough))
            noise = self._rng.standard_normal(OBS_DIM)
            self._obs = 0.95 * self._obs + np.sqrt(1 - 0.95**2) * noise
            output = self.swap.mean_log_std(self._obs.astype(np.float32))
        return output

    def told(self):
        return [(event.kind.value, event.policy_version) for event in self.events]


@pytest.fixture
def load(tmp_path, spec, task):
    """Make and verify a bundle of a network; `broken` is the one in its file."""

    def _load(version, network, broken=None):
        content, model = make_content(spec, task, network, policy_version=version)
        if broken is not None:
            model = broken.to_onnx({p.key: p.value for p in model.metadata_props})
        write_bundle(tmp_path / f"v{version}", model.SerializeToString(), content)
        return OnnxPolicy(tmp_path / f"v{version}", spec, task)

    return _load


@pytest.fixture
def loop(load):
    made = Loop()
    made.swap.offer(load(1, NumpyMlp.random(OBS_DIM, ACT_DIM, seed=1)))
    made.run(20)
    assert made.swap.policy_version == 1
    made.run(250)
    made.events.clear()
    return made


def scaled(network, factor):
    """The same network with another output layer."""
    weights = [*network.weights[:-1], network.weights[-1] * np.float32(factor)]
    biases = [*network.biases[:-1], network.biases[-1] * np.float32(factor)]
    return NumpyMlp(weights, biases)


def test_successive_versions_are_taken_up(loop, load):
    network = NumpyMlp.random(OBS_DIM, ACT_DIM, seed=1)
    rng = np.random.default_rng(5)
    for version in range(2, 8):
        # Each weight changes by a fifth: a learner in a hurry.
        for weight in network.weights:
            weight *= (1.0 + 0.2 * rng.standard_normal(weight.shape)).astype(np.float32)
        loop.swap.offer(load(version, network))
        loop.run(52)
        assert loop.swap.policy_version == version
    assert loop.swap.num_refused == loop.swap.num_rolled_back == 0


def test_quite_another_network_is_taken_up(loop, load):
    for version in range(2, 6):
        loop.swap.offer(load(version, NumpyMlp.random(OBS_DIM, ACT_DIM, seed=version)))
        loop.run(52)
    assert loop.swap.policy_version == 5 and loop.swap.num_refused == 0


@pytest.mark.parametrize("seed", range(1, 6))
def test_an_output_layer_times_ten_is_refused(load, seed):
    network, loop = NumpyMlp.random(OBS_DIM, ACT_DIM, seed=seed), Loop()
    loop.swap.offer(load(1, network))
    loop.run(60)
    loop.swap.offer(load(2, scaled(network, 10.0)))
    loop.run(20)
    assert loop.told()[-1] == ("refused", 2)
    assert loop.swap.policy_version == 1


def test_a_frozen_output_is_refused_when_offered(loop, load):
    network = NumpyMlp.random(OBS_DIM, ACT_DIM, seed=1)
    network.weights[-1][:] = 0.0
    assert loop.swap.offer(load(2, network)) is False
    assert loop.told() == [("refused", 2)]


def test_a_network_of_dead_units_is_refused_in_shadow(loop, load):
    # Alive at the extremes among its golden observations, dead wherever the robot is.
    network = NumpyMlp.random(OBS_DIM, ACT_DIM, seed=1)
    network.biases[0] -= np.float32(12.0)
    assert loop.swap.offer(load(2, network)) is True
    loop.run(20)
    assert loop.told()[-1] == ("refused", 2)
    assert loop.events[-1].sentence.startswith("frozen")


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("kind", ["weights", "biases"])
def test_weights_that_are_no_numbers_never_become_a_policy(load, kind, layer):
    network = NumpyMlp.random(OBS_DIM, ACT_DIM, seed=1)
    broken = NumpyMlp.random(OBS_DIM, ACT_DIM, seed=1)
    getattr(broken, kind)[layer].flat[0] = np.nan
    with pytest.raises(BundleError, match="found NaN"):
        load(2, network, broken)


def test_a_network_that_overflows_where_no_golden_observation_is_falls_back(loop, load):
    network = NumpyMlp.random(OBS_DIM, ACT_DIM, seed=1)
    # A unit that wakes up where the first observation is above 12; golden ones end at 10.
    network.weights[0][:, 0], network.weights[1][0] = 0.0, 0.0
    network.weights[0][0, 0], network.biases[0][0] = 1e30, -1.2e31
    network.weights[1][0, 0] = 1e10
    loop.swap.offer(load(2, network))
    loop.run(60)
    assert loop.swap.policy_version == 2
    obs = np.full(OBS_DIM, 20.0, np.float32)
    mean, _ = loop.swap.mean_log_std(obs)
    expected, _ = NumpyMlp.random(OBS_DIM, ACT_DIM, seed=1)(obs)
    np.testing.assert_allclose(mean, expected, rtol=1e-4)
    assert loop.told()[-1] == ("rolled_back", 2) and loop.swap.policy_version == 1
