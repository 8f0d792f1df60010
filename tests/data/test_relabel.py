import numpy as np
import pytest
from double_integrator import DoubleIntegrator, PointTask

from rl_agent.data.layout import TransitionLayout
from rl_agent.data.relabel import RelabelConfig, Relabeller
from rl_agent.data.replay_buffer import ReplayBuffer
from rl_agent.learning.env_adapter import EnvAdapter

LAYOUT = TransitionLayout(obs_dim=3, act_dim=1, context_dim=1, goal_dim=1)
GOAL = slice(2, 3)


class GoalsAtSeven(PointTask):
    def sample_relabel_goals(self, rng, contexts):
        return np.full((len(contexts), 1), 7.0)


class EndsAtGoal(GoalsAtSeven):
    def terminated(self, context, goal):
        return np.abs(goal - context)[..., 0] < 0.5


def experience(num_steps=200, seed=0):
    env, rng = EnvAdapter(DoubleIntegrator()), np.random.default_rng(seed)
    env.reset(seed=seed)
    return [env.step(rng.uniform(-1, 1, 1).astype(np.float32)).transition for _ in range(num_steps)]


def make_replay(task, config, **changes):
    relabeller = Relabeller(task, GOAL, config)
    replay = ReplayBuffer(LAYOUT, 500, gamma=0.9, relabeller=relabeller, **changes)
    for step in experience():
        replay.add(step)
    return replay


def sample(replay, size=500):
    return replay.sample(size, np.random.default_rng(1))


def next_position(batch):
    return batch.next_obs[:, 0]


def goals(batch):
    """The goal that an observation speaks of, from its position and its goal part."""
    return batch.obs[:, 0] + batch.obs[:, 2]


def test_without_relabelling_the_stored_reward_is_the_tasks():
    batch = sample(make_replay(PointTask(), RelabelConfig(fraction=0.0)))
    expected = -np.abs(goals(batch) - next_position(batch))
    np.testing.assert_allclose(batch.reward, expected, atol=1e-5)
    assert np.abs(goals(batch)).max() < 1.0


@pytest.mark.parametrize("n_step", [1, 3])
def test_observation_next_observation_and_reward_speak_of_one_goal(n_step):
    config = RelabelConfig(fraction=0.7, others_share=0.5)
    batch = sample(make_replay(GoalsAtSeven(), config, n_step=n_step))
    at_end = batch.next_obs[:, 0] + batch.next_obs[:, 2]
    np.testing.assert_allclose(at_end, goals(batch), atol=1e-5)
    if n_step == 1:
        expected = -np.abs(goals(batch) - next_position(batch))
        np.testing.assert_allclose(batch.reward, expected, atol=1e-5)


def test_three_step_returns_are_recomputed_whole():
    config = RelabelConfig(fraction=1.0, others_share=0.0)
    batch = sample(make_replay(GoalsAtSeven(), config, n_step=3))
    steps = {(float(step.obs[0]), float(step.obs[1])): step for step in experience()}
    checked = 0
    for row in range(100):
        # Episodes begin alike, so a start does not tell which one it is.
        if batch.discount[row] != pytest.approx(0.9**3) or not batch.obs[row, 1]:
            continue
        x, v = map(float, batch.obs[row, :2])
        total = 0.0
        for k in range(3):
            step = steps[(x, v)]
            x, v = map(float, step.next_obs[:2])
            total += 0.9**k * -abs(7.0 - x)
        assert batch.reward[row] == pytest.approx(total, abs=1e-4)
        checked += 1
    assert checked > 50


def test_the_fraction_and_the_share_of_others_are_kept():
    batch = sample(make_replay(GoalsAtSeven(), RelabelConfig(fraction=0.6, others_share=0.5)), 4000)
    # 60 % are relabelled, half of them by the task, which always says 7.
    assert np.mean(np.isclose(goals(batch), 7.0, atol=1e-4)) == pytest.approx(0.3, abs=0.03)


def test_a_task_without_goals_of_its_own_takes_those_of_other_rows():
    batch = sample(make_replay(PointTask(), RelabelConfig(fraction=1.0, others_share=0.0)))
    stored = {round(float(step.goal[0]), 3) for step in experience()}
    assert {round(float(goal), 3) for goal in goals(batch)} <= stored


def test_a_goal_that_ends_an_episode_stops_bootstrapping_and_another_does_not():
    task = EndsAtGoal()
    replay = make_replay(task, RelabelConfig(fraction=1.0, others_share=1.0))
    batch = sample(replay)
    at_goal = np.abs(goals(batch) - next_position(batch)) < 0.5
    assert at_goal.any()
    assert (batch.discount[at_goal] == 0.0).all()
    np.testing.assert_allclose(batch.discount[~at_goal], 0.9)


def test_an_end_that_the_goal_does_not_explain_holds_for_every_goal():
    replay = make_replay(GoalsAtSeven(), RelabelConfig(fraction=1.0))
    rows = replay._rows[:5][:, None].copy()
    rows["terminated"][2] = True
    _, terminated = replay.relabeller.judge(rows, np.full((5, 1), 7.0))
    assert terminated[:, 0].tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("changes", [{"fraction": -0.1}, {"fraction": 1.1}, {"others_share": 2.0}])
def test_shares_outside_zero_to_one_are_refused(changes):
    with pytest.raises(ValueError, match="must be in"):
        RelabelConfig(**changes)
