import numpy as np
import pytest
from transitions import LAYOUT, transition

from rl_agent.data.priorities import Priorities
from rl_agent.data.replay_buffer import ReplayBuffer


def priorities(alpha=0.5, beta=0.5, steps=1000, capacity=16):
    return Priorities(
        capacity, priority_exponent=alpha, importance_exponent=beta, importance_steps=steps
    )


def draw(own, size, num_rows, seed=0):
    return own.draw(size, num_rows, np.random.default_rng(seed))


def test_rows_are_drawn_in_proportion_to_errors_to_the_power_of_alpha():
    own = priorities(alpha=0.5)
    own.add(np.arange(3))
    own.update(np.arange(3), np.array([0.0, -4.0, 9.0], np.float32))
    counts = np.bincount(draw(own, 5001, 3).place, minlength=3)
    # 0, 2 and 3 of 5 shares, and 0.001 for the small number that keeps the first alive.
    assert counts.tolist() == pytest.approx([1, 2000, 3000], abs=3)
    assert counts[0] >= 1


def test_weights_by_hand():
    own = priorities(alpha=1.0, beta=0.5, steps=10**12)
    own.add(np.arange(2))
    own.update(np.arange(2), np.array([1.0, 4.0], np.float32))
    drawn = draw(own, 10, 2)
    # P = 1/5 and 4/5, (2 P)^-1/2 over that of the rarer row: 1 and (4/1)^-1/2.
    assert np.bincount(drawn.place).tolist() == [2, 8]
    np.testing.assert_allclose(drawn.weight[drawn.place == 0], 1.0)
    np.testing.assert_allclose(drawn.weight[drawn.place == 1], 0.5, rtol=1e-5)


def test_beta_rises_to_one_with_the_rows_added():
    own = priorities(beta=0.4, steps=10)
    assert own.importance_exponent == pytest.approx(0.4)
    own.add(np.arange(5))
    assert own.importance_exponent == pytest.approx(0.7)
    own.add(np.arange(11))
    assert own.importance_exponent == 1.0


def test_new_rows_get_the_largest_priority_so_far():
    own = priorities(alpha=1.0)
    own.add(np.array([0]))
    own.update(np.array([0]), np.array([3.0], np.float32))
    own.update(np.array([0]), np.array([1.0], np.float32))
    own.add(np.array([1]))
    assert np.bincount(draw(own, 4000, 2).place).tolist() == pytest.approx([1000, 3000], abs=2)


def test_every_part_of_a_draw_is_a_fair_sample():
    own = priorities(capacity=1000)
    own.add(np.arange(1000))
    parts = draw(own, 1000, 1000).place.reshape(4, 250)
    assert parts.mean(axis=1) == pytest.approx([500] * 4, abs=60)
    assert len(np.unique(parts)) == 1000  # one from each share


def test_errors_that_are_no_numbers_spoil_nothing():
    own = priorities()
    own.add(np.arange(3))
    own.update(np.arange(3), np.array([np.nan, np.inf, 1.0], np.float32))
    assert np.bincount(draw(own, 300, 3).place).tolist() == pytest.approx([100] * 3, abs=1)


def prioritized(num_rows, capacity=16):
    replay = ReplayBuffer(LAYOUT, capacity, gamma=0.5, priorities=priorities(alpha=1.0))
    for index in range(num_rows):
        replay.add(transition(index))
    return replay


def test_a_buffer_draws_by_priority_and_tells_which_rows():
    replay = prioritized(20)
    batch = replay.sample(64, np.random.default_rng(0))
    # The ring holds steps 4 to 19; step s lies at s % 16.
    assert np.array_equal(batch.index, batch.obs[:, 0] % 16)
    error = np.where(batch.obs[:, 0] == 7, 1.0, 0.0).astype(np.float32)
    replay.update_priorities(batch.index, error)
    again = replay.sample(64, np.random.default_rng(1))
    assert set(again.obs[:, 0]) == {7.0}
    assert again.weight.tolist() == [1.0] * 64
    part = batch.split(4)[1]
    assert np.array_equal(part.index, batch.index[16:32])
    assert np.array_equal(part.weight, batch.weight[16:32])


def test_uniform_batches_have_no_weights():
    replay = ReplayBuffer(LAYOUT, 4, gamma=0.5)
    replay.add(transition(0))
    batch = replay.sample(4, np.random.default_rng(0))
    assert (batch.weight, batch.index) == (None, None)
    assert batch.split(2)[0].weight is None
    assert replay.get_state() is None


@pytest.mark.parametrize("num_rows", [3, 16, 40])
def test_a_restored_buffer_draws_as_before(num_rows):
    first = prioritized(num_rows)
    rng = np.random.default_rng(3)
    for _ in range(5):
        first.update_priorities(first.sample(8, rng).index, rng.random(8, dtype=np.float32))
    second = prioritized(num_rows)
    assert second.set_state(first.get_state()) == ""
    for replay in (first, second):
        replay.add(transition(num_rows))
    own, other = (replay.sample(32, np.random.default_rng(5)) for replay in (first, second))
    assert np.array_equal(own.index, other.index)
    assert np.array_equal(own.weight, other.weight)


def test_priorities_of_other_rows_are_refused():
    state = prioritized(3).get_state()
    replay = prioritized(4)
    assert "not of these rows" in replay.set_state(state)
    assert "not of these rows" in replay.set_state(None)
    assert replay.get_state()["priorities"]["values"].tolist() == [1.0] * 4


def test_a_cleared_buffer_is_like_a_new_one():
    replay = prioritized(40)
    replay.update_priorities(np.arange(16), np.full(16, 5.0, np.float32))
    replay.clear()
    assert len(replay) == 0
    for index in range(5):
        replay.add(transition(index))
    own, other = (r.sample(32, np.random.default_rng(0)) for r in (replay, prioritized(5)))
    assert np.array_equal(own.index, other.index)
    assert np.array_equal(own.weight, other.weight)
    assert np.array_equal(own.next_obs, other.next_obs)
