"""What picks elements: a slice where they are neighbours, else their indices."""

import numpy as np
import pytest

from rl_agent.robots.profile import load_robot
from rl_agent.spec import select


def test_neighbours_are_a_slice():
    assert select([2, 3, 4]) == slice(2, 5)
    assert select([0]) == slice(0, 1)


@pytest.mark.parametrize("index", [[0, 2], [1, 0], [], [3, 3]])
def test_anything_else_stays_an_index(index):
    np.testing.assert_array_equal(np.arange(5)[select(index)], index)
    assert not isinstance(select(index), slice)


def test_the_command_joints_of_a_robot_with_a_passive_one():
    spec = load_robot("cartpole")
    np.testing.assert_array_equal(np.arange(2)[spec.command_selection], [0])
