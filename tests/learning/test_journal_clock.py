from rl_agent.learning.journal_clock import JournalClock


def test_it_goes_on_with_the_rows_and_with_nothing_else():
    counts = iter([0, 100, 100, 250])
    clock = JournalClock(lambda: next(counts), policy_hz=50.0)
    assert [clock.now() for _ in range(4)] == [0.0, 2.0, 2.0, 5.0]
