"""One broken number is kept out of the statistics, as it is kept out of replay."""

import numpy as np
import pytest
from transitions import LAYOUT, packed

from rl_agent.data.quarantine import QuarantineConfig
from rl_agent.data.replay_buffer import ReplayBuffer
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.recent_steps import RecentSteps
from rl_agent.learning.stopwatch import Stopwatch
from rl_agent.learning.updater import Updater


class Listener:
    """An agent that only listens."""

    gradient_step = 0

    def __init__(self):
        self.obs, self.rewards = [], []

    def observe(self, obs):
        self.obs.append(float(obs[0]))

    def observe_reward(self, reward, *, is_last):
        self.rewards.append(reward)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf, 1e20, 1.0001e4])
def test_what_is_quarantined_reaches_no_statistics(broken):
    agent, replay = Listener(), ReplayBuffer(LAYOUT, 8, gamma=0.9)
    updater = Updater(
        TrainConfig(env="Pendulum-v1"), agent, replay, RecentSteps(LAYOUT, 8), Stopwatch()
    )
    rows = packed(5)
    rows["obs"][1, 1] = broken
    rows["reward"][3] = broken
    updater.take_rows(rows)
    assert agent.obs == [0.0, 2.0, 3.0, 4.0]
    assert agent.rewards == [0.0, 1.0, 2.0, 4.0]
    assert (len(replay), replay.num_quarantined) == (3, 2)


def test_the_largest_numbers_are_still_allowed():
    config = QuarantineConfig(max_abs_obs=2.0, max_abs_reward=3.0)
    obs = np.array([[2.0, -2.0], [2.0, 2.1], [np.nan, 0.0]], np.float32)
    assert config.allows_obs(obs).tolist() == [True, False, False]
    assert [config.allows_reward(x) for x in (-3.0, 3.1, float("nan"))] == [True, False, False]
