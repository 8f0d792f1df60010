import numpy as np
import pytest
from transitions import LAYOUT, packed, transition

from rl_agent.bonuses.bonus import Bonus
from rl_agent.bonuses.bonus_config import BonusConfig
from rl_agent.bonuses.bonus_replay import BonusReplay
from rl_agent.data.replay_buffer import ReplayBuffer


class FirstNumber(Bonus):
    """As new as the observation's first number; keeps what it was shown."""

    def __init__(self):
        super().__init__(lambda obs: obs)
        self.observed, self.learned = [], []

    def measure(self, batch):
        return batch.obs[:, 0]

    def observe(self, next_obs):
        self.observed.extend(next_obs[:, 0])

    def learn(self, batch, rng):
        self.learned.append(batch.reward)

    def get_state(self):
        return {"observed": np.array(self.observed)}

    def set_state(self, state):
        self.observed = list(state["observed"])


def replay_of(*indices, **changes):
    config = BonusConfig(**({"kind": "rnd", "coef": 0.5, "decay": 0.0} | changes))
    replay = BonusReplay(ReplayBuffer(LAYOUT, 8, gamma=0.9), FirstNumber(), config)
    for index in indices:
        replay.add(transition(index))
    return replay


def rng():
    return np.random.default_rng(0)


def test_rewards_are_raised_by_hand():
    replay = replay_of(3)
    # The usual bonus is 3, so each row's is 0.5 * 3 / 3; the transition's own reward is 3.
    batch = replay.sample(4, rng())
    assert batch.reward.tolist() == [3.5] * 4
    assert replay.mean_bonus == pytest.approx(0.5)
    # Learned from is the task's own reward's batch, after measuring.
    assert replay.bonus.learned[0].tolist() == [3.0] * 4
    assert replay.own.sample(2, rng()).reward.tolist() == [3.0, 3.0]


def test_the_usual_bonus_is_a_running_root_mean_square():
    replay = replay_of(3)
    replay.sample(1, rng())
    for index in range(8):  # all rows are of index 4 now
        replay.add(transition(4 + 0 * index))
    # After two draws the mean square is (9 + 16) / 2.
    assert replay.sample(1, rng()).reward[0] == pytest.approx(4.0 + 0.5 * 4.0 / 12.5**0.5)


def test_an_outlier_gets_five_times_the_usual_at_most():
    replay = replay_of(0)
    for _ in range(4):
        replay.sample(8, rng())  # the usual bonus is 0 so far
    for _ in range(7):
        replay.add(transition(0))
    replay.add(transition(100))
    batch = replay.sample(4000, rng())
    assert (batch.reward - np.where(batch.obs[:, 0] > 0, 100.0, 0.0)).max() <= 2.5 + 1e-4


def test_nothing_new_anywhere_adds_nothing():
    batch = replay_of(0).sample(4, rng())
    assert batch.reward.tolist() == [0.0] * 4


def test_the_bonus_fades_with_the_steps():
    replay = replay_of(3, 3, decay=0.5)
    # Two steps: 0.5 * 0.5^2.
    assert replay.sample(1, rng()).reward[0] == pytest.approx(3.125)


def test_new_steps_are_observed_and_broken_ones_are_not():
    replay = replay_of(3, 4)
    replay.add(transition(5, next_obs=np.array([np.nan, 0.0], np.float32)))
    assert replay.bonus.observed == [4.0, 5.0]
    assert (len(replay), replay.num_quarantined) == (2, 1)
    replay.clear()
    assert len(replay) == 0


def test_rows_are_the_same_as_one_at_a_time():
    # A learner beside its robot gets rows; they are as new, and as many steps.
    by_rows, one_by_one = replay_of(decay=0.5), replay_of(*range(6), decay=0.5)
    by_rows.add_rows(packed(6))
    assert by_rows.bonus.observed == one_by_one.bonus.observed
    assert np.array_equal(by_rows.sample(9, rng()).reward, one_by_one.sample(9, rng()).reward)


def test_saved_state_goes_on():
    first, second = replay_of(3, 4, 5), replay_of(3, 4, 5)
    first.sample(2, rng())
    second.bonus.observed = []
    assert second.set_state(first.get_state()) == ""
    assert second.bonus.observed == first.bonus.observed
    assert second.mean_bonus == first.mean_bonus
    assert np.array_equal(first.sample(6, rng()).reward, second.sample(6, rng()).reward)


def test_a_state_from_before_there_was_a_bonus_is_told():
    assert "no bonus before" in replay_of(3).set_state(None)


@pytest.mark.parametrize(
    "changes",
    [
        {"coef": 0.0},
        {"decay": 1.0},
        {"learning_rate": 0.0},
        {"batch_size": 0},
        {"hidden_dims": (0,)},
        {"num_models": 1},
        {"num_features": 0},
        {"num_bits": 63},
    ],
)
def test_senseless_settings_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        BonusConfig(**changes)
