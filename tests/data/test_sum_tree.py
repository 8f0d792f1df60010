import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.data.sum_tree import SumTree

SIZES = (1, 7, 16, 17, 256, 257, 40_000)


def tree_of(values):
    tree = SumTree(len(values))
    tree.set(np.arange(len(values)), np.array(values, np.float32))
    return tree


def test_each_point_of_the_line_finds_its_leaf():
    tree = tree_of([1.0, 0.0, 2.0, 0.5])
    assert tree.total == 3.5
    # Leaf 0 covers [0, 1), leaf 2 [1, 3), leaf 3 [3, 3.5); behind the end is the last one.
    mass = np.array([0.0, 0.99, 1.0, 2.99, 3.0, 3.49, 3.5, 4.0])
    assert tree.find(mass).tolist() == [0, 0, 2, 2, 3, 3, 3, 3]


def test_of_several_values_at_one_place_the_last_counts():
    tree = SumTree(4)
    tree.set(np.array([2, 2]), np.array([5.0, 3.0], np.float32))
    assert (tree.values[2], tree.total) == (3.0, 3.0)


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_found_at_its_middle(size):
    values = np.random.default_rng(0).integers(1, 9, size).astype(np.float32)
    ends = values.astype(np.float64).cumsum()
    tree = tree_of(values)
    assert tree.total == ends[-1]
    assert np.array_equal(tree.find(ends - values / 2), np.arange(size))
    assert np.array_equal(tree.find(ends - values), np.arange(size))


@given(st.lists(st.tuples(st.integers(0, 1999), st.floats(0.0, 1e6, width=32)), min_size=1))
def test_a_tree_does_not_know_in_which_order_it_was_filled(changes):
    tree = SumTree(2000)
    for index, value in changes:
        tree.set(np.array([index]), value)
    copy = tree_of(tree.values[:2000])
    assert copy.total == tree.total
    if tree.total > 0.0:
        points = np.linspace(0.0, tree.total, 50)
        assert np.array_equal(copy.find(points), tree.find(points))


@given(st.lists(st.floats(0.0, 1e6, width=32), min_size=1, max_size=1100))
def test_what_has_no_value_is_never_found(values):
    tree = tree_of(values)
    if tree.total > 0.0:
        found = tree.find(np.linspace(0.0, tree.total, 70))
        assert tree.values[found].min() > 0.0
