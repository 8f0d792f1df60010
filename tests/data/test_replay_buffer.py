from dataclasses import replace

import numpy as np
import pytest
from transitions import LAYOUT, transition

from rl_agent.data.batch import Batch
from rl_agent.data.journal import JournalReader, JournalWriter
from rl_agent.data.quarantine import QuarantineConfig
from rl_agent.data.replay_buffer import ReplayBuffer
from rl_agent.types import Reason

NAN = float("nan")


def filled(num_rows, capacity=16, **changes):
    replay = ReplayBuffer(LAYOUT, capacity, gamma=0.5, **changes)
    for index in range(num_rows):
        replay.add(transition(index))
    return replay


def by_start(batch):
    """Rows of a batch by the index of the step that they begin with."""
    return {
        int(obs[0]): (float(reward), float(discount), int(next_obs[0]))
        for obs, reward, discount, next_obs in zip(
            batch.obs, batch.reward, batch.discount, batch.next_obs, strict=True
        )
    }


def sample(replay, size=400):
    return replay.sample(size, np.random.default_rng(0))


def test_one_step_rows_are_what_was_stored():
    rows = by_start(sample(filled(5)))
    assert rows == {index: (index, 0.5, index + 1) for index in range(5)}


def test_the_oldest_rows_make_room():
    assert sorted(by_start(sample(filled(20)))) == list(range(4, 20))
    assert len(filled(20)) == 16


def test_every_row_is_drawn_about_equally_often():
    batch = sample(filled(16), 16_000)
    counts = np.bincount(batch.obs[:, 0].astype(int))
    assert counts.min() > 850
    assert counts.max() < 1150


@pytest.mark.parametrize(("setting", "expected"), [("applied", 0.25), ("proposed", 0.5)])
def test_the_setting_chooses_the_critics_action(setting, expected):
    assert np.unique(sample(filled(5, critic_action=setting)).action).tolist() == [expected]


@pytest.mark.parametrize("setting", ["applied", "proposed"])
def test_where_a_person_was_at_the_controls_their_action_is_learned_from(setting):
    replay = filled(4, critic_action=setting)
    replay.add(replace(transition(4), reasons=int(Reason.HUMAN | Reason.JERK)))
    batch = sample(replay)
    assert np.unique(batch.action[batch.obs[:, 0] == 4.0]).tolist() == [0.25]


def test_three_step_returns_by_hand():
    rows = by_start(sample(filled(6, n_step=3)))
    # From step 1: 1 + 0.5 * 2 + 0.25 * 3 = 2.75, discount 0.125, next obs that of step 3.
    assert rows[1] == (2.75, 0.125, 4)
    # The newest rows have fewer steps behind them: 4 + 0.5 * 5, then 0.25.
    assert rows[4] == (6.5, 0.25, 6)
    assert rows[5] == (5.0, 0.5, 6)


@pytest.mark.parametrize(("end", "discount"), [("truncated", 0.25), ("terminated", 0.0)])
def test_returns_do_not_cross_the_end_of_an_episode(end, discount):
    replay = ReplayBuffer(LAYOUT, 16, gamma=0.5, n_step=3)
    for index in range(6):
        replay.add(transition(index, **{end: index == 2}))
    rows = by_start(sample(replay))
    assert rows[1] == (2.0, discount, 3)
    assert rows[3] == (3 + 0.5 * 4 + 0.25 * 5, 0.125, 6)


def test_returns_do_not_cross_the_seam_of_the_ring():
    rows = by_start(sample(filled(20, n_step=3)))
    assert rows[19] == (19.0, 0.5, 20)
    assert rows[15] == (15 + 8 + 4.25, 0.125, 18)


def test_returns_do_not_cross_a_gap():
    replay = filled(3, n_step=3)
    for index in range(7, 9):
        replay.add(transition(index))
    rows = by_start(sample(replay))
    assert rows[2] == (2.0, 0.5, 3)
    assert rows[1] == (2.0, 0.25, 3)
    assert rows[7] == (11.0, 0.25, 9)


@pytest.mark.parametrize(
    "changes",
    [
        {"obs": np.array([NAN, 0], np.float32)},
        {"next_obs": np.array([np.inf, 0], np.float32)},
        {"reward": NAN},
        {"reward": 1e5},
        {"action": np.array([1.1], np.float32)},
        {"applied_action": np.array([-1.1], np.float32)},
        {"context": np.array([NAN], np.float32)},
        {"shares": np.array([0, NAN, 0], np.float32)},
    ],
)
def test_rows_with_senseless_numbers_are_quarantined(changes):
    replay = filled(2, n_step=2)
    replay.add(transition(2, **changes))
    replay.add(transition(3))
    assert (len(replay), replay.num_quarantined) == (3, 1)
    # And no return runs across the place where the row was missing.
    assert by_start(sample(replay))[1] == (1.0, 0.5, 2)


def test_the_bounds_of_the_quarantine_are_settings():
    replay = filled(0, quarantine=QuarantineConfig(max_abs_reward=3.0))
    for index in range(6):
        replay.add(transition(index))
    assert (len(replay), replay.num_quarantined) == (4, 2)


@pytest.mark.parametrize("num_rows", [0, 1, 10, 40])
@pytest.mark.parametrize("part", [1, 3, 40])
def test_rows_from_a_journal_make_the_same_memory(tmp_path, num_rows, part):
    writer = JournalWriter(tmp_path, LAYOUT)
    one_by_one = ReplayBuffer(LAYOUT, 16, gamma=0.5, n_step=3)
    for index in range(num_rows):
        reward = NAN if index % 9 == 4 else float(index)
        step = transition(index, reward=reward, truncated=index % 5 == 4)
        writer.append(step)
        one_by_one.add(step)
    writer.close()
    rows = JournalReader(tmp_path).read().rows
    at_once = ReplayBuffer(LAYOUT, 16, gamma=0.5, n_step=3)
    for start in range(0, num_rows, part):
        at_once.add_rows(rows[start : start + part])
    assert at_once.num_quarantined == one_by_one.num_quarantined
    assert len(at_once) == len(one_by_one)
    if num_rows:
        assert by_start(sample(at_once)) == by_start(sample(one_by_one))
        first, second = sample(at_once, 9), sample(one_by_one, 9)
        assert np.array_equal(first.obs, second.obs)
        assert np.array_equal(first.reward, second.reward)


def test_a_batch_splits_into_equal_parts():
    batch = sample(filled(5), 6)
    parts = batch.split(3)
    assert [len(part.reward) for part in parts] == [2, 2, 2]
    assert np.array_equal(np.concatenate([part.obs for part in parts]), batch.obs)
    with pytest.raises(ValueError, match="6 rows"):
        batch.split(4)
    assert isinstance(parts[0], Batch)
