"""Distances of the FR3's pairs: their gradients against differences, near, far and overlapping."""

from dataclasses import replace

import numpy as np
import pytest

from rl_agent.robots.profile import load_robot
from rl_agent.spec import PairSpec
from sim.clearances import MujocoClearances
from sim.dynamics import MujocoDynamics

STEP = 1e-6


@pytest.fixture(scope="module")
def fr3():
    return load_robot("fr3")


def with_pairs(spec, *pairs):
    made = tuple(PairSpec(geoms=pair, distance_m=0.01) for pair in pairs)
    return replace(spec, safety=replace(spec.safety, pairs=made))


def differences(clearances, position):
    columns = []
    for nudge in STEP * np.eye(len(position)):
        ahead, behind = (clearances.pair_distances(position + s * nudge)[0] for s in (1.0, -1.0))
        columns.append((ahead - behind) / (2.0 * STEP))
    return np.array(columns).T


def test_gradients_are_differences_whichever_of_the_two_geoms_moves(fr3):
    # Both directions of one pair, and a pair of two moving links.
    pairs = (("hand", "base"), ("base", "hand"), ("flange", "upper_arm"))
    clearances = MujocoClearances(with_pairs(fr3, *pairs))
    rng = np.random.default_rng(4)
    for _ in range(10):
        position = fr3.home + rng.uniform(-0.7, 0.7, 7)
        distance, gradient = clearances.pair_distances(position)
        assert distance[0] == pytest.approx(distance[1], abs=1e-9)
        np.testing.assert_allclose(gradient, differences(clearances, position), atol=1e-4)


def test_gradients_of_overlapping_links_lead_apart(fr3):
    # The hand and the wrist folded onto the pedestal.
    clearances = MujocoClearances(with_pairs(fr3, ("hand", "base"), ("wrist", "shoulder")))
    rng = np.random.default_rng(5)
    lower = np.array([joint.lower for joint in fr3.joints])
    upper = np.array([joint.upper for joint in fr3.joints])
    num_overlaps = 0
    for _ in range(2000):
        position = rng.uniform(lower, upper)
        distance, gradient = clearances.pair_distances(position)
        for pair in np.flatnonzero(distance < -0.005):
            num_overlaps += 1
            direction = gradient[pair] / np.linalg.norm(gradient[pair])
            apart = clearances.pair_distances(position + 1e-3 * direction)[0]
            assert apart[pair] > distance[pair]
    assert num_overlaps > 10


def test_results_do_not_share_memory(fr3):
    clearances, dynamics = MujocoClearances(fr3), MujocoDynamics(fr3)
    first = (
        *clearances.pair_distances(fr3.home),
        *dynamics.inertia_and_bias(fr3.home, np.zeros(7)),
    )
    kept = [array.copy() for array in first]
    clearances.pair_distances(fr3.home + 0.3)
    dynamics.inertia_and_bias(fr3.home + 0.3, np.ones(7))
    for array, copy in zip(first, kept, strict=True):
        np.testing.assert_array_equal(array, copy)
