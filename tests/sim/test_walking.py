"""Can what `walk` asks for be done at all, within offsets, low-pass, gate and delays?"""

import math

import mujoco
import numpy as np
import pytest

from rl_agent.learning.twin_evaluation import evaluate
from sim.env import TwinEnv

STEPS = 400
"""20 s at 20 Hz."""
TROT_HZ = 2.0
PHASES = np.array([0.0, math.pi, math.pi, 0.0])
"""FR and RL swing together, FL and RR half a period later."""


class Trot:
    """Thighs swing by their whole offset, knees bend while their foot goes forward."""

    def __init__(self, begin_step=0, direction=1.0):
        self._step, self._begin, self._direction = 0, begin_step, direction

    def __call__(self, obs):
        phase = 2.0 * math.pi * TROT_HZ * self._step / 20.0 + PHASES
        self._step += 1
        action = np.zeros((4, 3), np.float32)
        if self._step > self._begin:
            action[:, 1] = np.cos(phase)  # positive is backwards
            action[:, 2] = -np.maximum(self._direction * np.sin(phase), 0.0)
        return action.ravel()


@pytest.fixture(scope="module")
def env():
    return TwinEnv("go1", "walk")


def test_a_trot_without_any_sensing_walks_at_the_asked_speed(env):
    result = evaluate(env, Trot(), num_episodes=1, seed=0)
    (episode,) = result.episodes
    assert episode.num_steps == STEPS  # it did not fall
    assert episode.is_success
    assert episode.num_interventions == 0
    assert episode.episode_return > 0.85 * STEPS
    assert (result.task, result.error_unit) == ("WalkTask", "m/s")


def test_eight_seconds_of_walking_are_not_ten(env):
    (late,) = evaluate(env, Trot(begin_step=240), num_episodes=1, seed=0).episodes
    assert late.num_steps == STEPS
    assert late.final_error < 0.15 and not late.is_success


def test_lifting_the_feet_on_their_way_back_walks_backwards(env):
    (backwards,) = evaluate(env, Trot(direction=-1.0), num_episodes=1, seed=0).episodes
    assert not backwards.is_success
    assert backwards.episode_return < 0.5 * STEPS  # less than standing still


def test_a_quadruped_stands_through_its_episode_and_begins_the_next_at_home():
    env = TwinEnv("go1", "walk")
    env.reset(seed=0)
    rewards, ends = [], []
    for _ in range(400):  # 20 s at 20 Hz
        _, reward, *end, info = env.step(np.zeros(12, np.float32))
        rewards.append(reward)
        ends.append(tuple(end))
    assert ends[-1] == (False, True)
    assert set(ends[:-1]) == {(False, False)}
    assert not info["is_success"]
    # Standing still is worth a fifth, a little less for its lean.
    assert np.mean(rewards[100:]) == pytest.approx(0.2, abs=0.01)
    env.reset()
    # One period after it was put down: the knees begin to give way.
    np.testing.assert_allclose(env.loop.measurement.position, env.robot.home, atol=0.06)
    assert env.twin.data.qpos[0] == pytest.approx(0.0, abs=0.01)


def test_a_quadruped_that_is_pushed_over_has_fallen():
    env = TwinEnv("go1", "walk")
    env.reset(seed=0)
    env.step(np.zeros(12, np.float32))
    env.twin.data.qpos[2:7] = [0.4, np.cos(0.35), np.sin(0.35), 0.0, 0.0]  # in the air, 0.7 rad
    *_, terminated, truncated, info = env.step(np.zeros(12, np.float32))
    assert (terminated, truncated) == (True, False)
    assert info["safety_state"] == "ARMED"  # the gate stops at 0.8 rad only
    env.reset()
    assert env.loop.measurement.imu.projected_gravity[2] < -0.99


def test_the_limits_leave_a_quadrupeds_actions_alone():
    env = TwinEnv("go1", "walk")
    # In the air: on the floor it would fall.
    env.twin.model.opt.gravity[:] = 0.0
    env.twin.model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    env.reset(seed=0)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (200, 12)).astype(np.float32)
    reasons = [env.step(action)[4]["reasons"] for action in signs]
    assert not any(reasons[20:])  # the start ramp has gone by
    reached = env.mapper.setpoint.position - env.robot.home
    assert (np.abs(reached) <= np.array(env.robot.action.offset)).all()
