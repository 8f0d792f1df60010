import numpy as np
from planar_robot import planar_spec

from rl_agent.interface.recent_actions import RecentActions


def test_a_robot_that_starts_anew_has_proposed_nothing():
    recent = RecentActions.none(planar_spec(obs_history=2))
    assert recent.newest.tolist() == [0.0, 0.0]
    assert recent.older.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_each_action_pushes_the_oldest_out():
    recent = RecentActions.none(planar_spec(obs_history=2))
    for number in (1.0, 2.0, 3.0, 4.0):
        recent = recent.then(np.array([number, -number], np.float32))
    assert recent.newest.tolist() == [4.0, -4.0]
    assert recent.older.tolist() == [[3.0, -3.0], [2.0, -2.0]]
    assert recent.actions.dtype == np.float32


def test_what_was_recent_stays_what_it_was():
    before = RecentActions.none(planar_spec())
    action = np.ones(2, np.float32)
    after = before.then(action)
    action[:] = 7.0
    assert before.newest.tolist() == [0.0, 0.0]
    assert after.newest.tolist() == [1.0, 1.0]
