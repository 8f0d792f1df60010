"""A goal has its whole period, and waits while the robot is reset."""

from rl_agent.tasks.goal_clock import GoalClock


def test_the_first_goal_waits_for_nothing_and_the_others_for_their_time():
    clock = GoalClock(4.0)
    assert clock.is_due(10.0, is_resetting=True)
    clock.give(10.0)
    assert not clock.is_due(13.9, is_resetting=False)
    assert clock.is_due(14.0, is_resetting=False)
    # No reading came: it stays due.
    assert clock.is_due(14.5, is_resetting=False)


def test_a_reset_leaves_the_goal_its_whole_time():
    clock = GoalClock(4.0)
    clock.give(0.0)
    assert not clock.is_due(1.0, is_resetting=True)
    assert not clock.is_due(3.0, is_resetting=True)
    assert not clock.is_due(6.9, is_resetting=False)
    assert clock.is_due(7.0, is_resetting=False)
    # Also one that is due already is the next episode's.
    assert not clock.is_due(9.0, is_resetting=True)
