import numpy as np
import pytest

from rl_agent.bonuses.count import CountBonus
from rl_agent.data.batch import Batch


class Planes:
    """x > 1, y > 0."""

    def standard_normal(self, shape):
        assert shape == (3, 2)
        return np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])


def bonus():
    return CountBonus(lambda obs: obs, 2, 2, Planes())


def leading_to(*places):
    next_obs = np.array(places, np.float32)
    column = np.zeros(len(places), np.float32)
    return Batch(next_obs, column[:, None], column, column, next_obs)


def test_cells_by_hand():
    # The first bit tells x > 1, the second y > 0.
    places = np.array([[0, -1], [2, -1], [0, 1], [2, 1], [9, 9]], np.float32)
    assert bonus().cells(places).tolist() == [0, 1, 2, 3, 3]


def test_a_cell_is_worth_one_over_the_root_of_its_visits():
    counting = bonus()
    for _ in range(4):
        counting.observe(np.array([[2.0, 1.0]], np.float32))
    counting.observe(np.array([[0.0, 1.0]], np.float32))
    newness = counting.measure(leading_to((5, 5), (0, 2), (0, -1)))
    assert newness.tolist() == pytest.approx([0.5, 1.0, 1.0])


def test_the_state_holds_visited_cells_alone():
    counting = bonus()
    counting.observe(np.array([[2.0, 1.0]], np.float32))
    state = counting.get_state()
    assert (state["cells"].tolist(), state["visits"].tolist()) == ([3], [1])
    other = bonus()
    other.observe(np.array([[0.0, 0.0]], np.float32))
    other.set_state(state)
    assert other.visits == {3: 1}
