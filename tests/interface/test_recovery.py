import numpy as np

from rl_agent.interface.recovery import Recovery

GOAL = np.zeros(0)


class Balancing:
    """Over as soon as its context is above 1."""

    def terminated(self, context, goal):
        return np.bool_(context[0] > 1.0)


def test_after_a_fall_the_policy_waits_until_the_robot_has_stood_for_a_while():
    recovery = Recovery(Balancing(), policy_hz=10.0)  # half a second: five looks
    up, down = np.array([0.0]), np.array([2.0])
    assert not recovery.look(up, GOAL)
    recovery.begin()
    assert [recovery.look(down, GOAL), recovery.look(up, GOAL)] == [True, True]
    # A relapse counts anew.
    assert recovery.look(down, GOAL)
    assert [recovery.look(up, GOAL) for _ in range(6)] == [True] * 4 + [False] * 2
    assert recovery.num_falls == 1


def test_nobody_explores_from_where_an_episode_would_end_at_once():
    recovery = Recovery(Balancing(), policy_hz=10.0)
    assert recovery.look(np.array([2.0]), GOAL)


def test_a_robot_of_which_nothing_is_heard_does_not_stand():
    recovery = Recovery(Balancing(), policy_hz=10.0)
    up, unknown = np.array([0.0]), np.array([np.nan])
    assert not recovery.look(unknown, GOAL)  # it had not fallen: it is for others to refuse
    recovery.begin()
    assert all(recovery.look(unknown, GOAL) for _ in range(9))
    assert [recovery.look(up, GOAL) for _ in range(5)] == [True] * 4 + [False]
