from rl_agent.safety.pacing import Pacer


def test_many_ticks_at_once_are_not_held_against_those_that_come_in_time():
    pacer = Pacer(0.01)
    pacer.note(1.0)
    for _ in range(50):
        pacer.note(1.0)
    assert pacer.note(1.0).is_early
    # One period gives 1.1 of a tick's credit, whatever came before.
    assert not pacer.note(1.01).is_early
