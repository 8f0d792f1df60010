import gymnasium
import numpy as np
import pytest
from double_integrator import DoubleIntegrator
from gymnasium.spaces import Box, Dict, Discrete

from rl_agent.exceptions import EnvironmentNotSupportedError
from rl_agent.learning.env_adapter import EnvAdapter, make_env


class Plain(gymnasium.Env):
    """Two actions with odd bounds, observations as a matrix, and no extras."""

    observation_space = Box(-1, 1, (2, 2), np.float64)
    action_space = Box(np.array([0.0, -4.0]), np.array([10.0, 2.0]), dtype=np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.received = []
        return np.zeros((2, 2)), {}

    def step(self, action):
        self.received.append(action)
        count = len(self.received)
        return np.full((2, 2), 0.1 * count), 1.0, count == 3, False, {}


def with_spaces(action_space=Plain.action_space, observation_space=Plain.observation_space):
    env = Plain()
    env.action_space, env.observation_space = action_space, observation_space
    return env


def test_actions_are_rescaled_to_the_environments_box():
    adapter = EnvAdapter(Plain())
    adapter.reset(seed=0)
    for action in ([-1.0, 1.0], [0.0, 0.0]):
        adapter.step(np.array(action, np.float32))
    assert [list(action) for action in adapter.env.received] == [[0.0, 2.0], [5.0, -1.0]]


def test_what_a_plain_environment_does_not_tell_is_filled_in():
    adapter = EnvAdapter(Plain())
    adapter.reset(seed=0)
    first, second = np.float32([0.5, 0.5]), np.float32([-0.5, 0.0])
    adapter.step(first)
    transition = adapter.step(second).transition
    assert np.array_equal(transition.applied_action, second)
    assert np.array_equal(transition.previous_action, first)
    assert transition.context.shape == transition.goal.shape == (0,)
    assert transition.reasons == 0
    assert transition.obs.tolist() == pytest.approx([0.1] * 4)
    assert transition.next_obs.tolist() == pytest.approx([0.2] * 4)
    assert adapter.layout.obs_dim == 4
    assert not adapter.is_twin
    assert not adapter.is_resumable
    assert adapter.get_state() is None


def test_an_ended_episode_is_summed_up_and_reset():
    adapter = EnvAdapter(Plain())
    adapter.reset(seed=0)
    results = [adapter.step(np.zeros(2, np.float32)) for _ in range(3)]
    assert [result.episode for result in results[:2]] == [None, None]
    assert results[2].transition.terminated
    episode = results[2].episode
    assert (episode.episode_return, episode.num_steps, episode.is_success) == (3.0, 3, None)
    assert adapter.obs.tolist() == [0.0] * 4
    assert results[2].transition.next_obs.tolist() == pytest.approx([0.3] * 4)


def test_a_twins_extras_reach_the_transition():
    adapter = EnvAdapter(DoubleIntegrator())
    adapter.reset(seed=0)
    adapter.step(np.float32([1.0]))
    transition = adapter.step(np.float32([1.0])).transition
    # v = 0.3 after the first step, so x goes from 0 to 0.03.
    assert transition.context.tolist() == [0.0]
    assert transition.next_context.tolist() == pytest.approx([0.03])
    assert adapter.layout.goal_dim == 1
    assert adapter.goal_slice == slice(2, 3)
    assert adapter.gamma == 0.9


def test_its_state_goes_on_within_an_episode():
    adapter, other = EnvAdapter(DoubleIntegrator()), EnvAdapter(DoubleIntegrator())
    adapter.reset(seed=4)
    actions = np.random.default_rng(0).uniform(-1, 1, (60, 1)).astype(np.float32)
    for action in actions[:30]:
        adapter.step(action)
    other.set_state(adapter.get_state())
    for action in actions[30:]:
        first, second = adapter.step(action), other.step(action)
        assert np.array_equal(first.transition.next_obs, second.transition.next_obs)
        assert first.episode == second.episode


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (with_spaces(action_space=Discrete(3)), "only continuous"),
        (with_spaces(action_space=Box(-np.inf, np.inf, (2,))), "no bounds"),
        (with_spaces(observation_space=Dict(a=Box(0, 1))), "a Box of numbers is needed"),
    ],
)
def test_what_cannot_be_learned_is_refused_with_the_reason(env, words):
    with pytest.raises(EnvironmentNotSupportedError, match=words):
        EnvAdapter(env)


@pytest.mark.parametrize(
    ("env_id", "options", "words"),
    [
        ("NoSuchEnvironment-v0", {}, "doesn't exist"),
        ("no_such_module:Env-v0", {}, "no_such_module"),
        ("CartPole-v1", {}, "only continuous"),
        ("Pendulum-v1", {"gravity": 9.8}, "does not accept"),
    ],
)
def test_unknown_environments_are_named(env_id, options, words):
    with pytest.raises(EnvironmentNotSupportedError, match=words):
        make_env(env_id, options)


def test_a_module_is_imported_for_its_ids():
    adapter = make_env("double_integrator:DoubleIntegrator-v0", {})
    assert adapter.layout.obs_dim == 3
