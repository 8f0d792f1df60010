"""Work beside a long block: it goes on, it ends with the block, and its errors are not lost."""

import threading

import pytest
from waiting import threads_named

from rl_agent.learning.side_work import SideWork

SOON_S = 10.0


def test_it_works_again_and_again_until_the_block_ends():
    calls, enough = [], threading.Event()

    def work() -> None:
        calls.append(threading.get_ident())
        if len(calls) >= 3:
            enough.set()

    with SideWork(work, every_s=0.001):
        assert enough.wait(SOON_S)
        assert len(threads_named("side_work")) == 1
    assert threading.get_ident() not in calls
    assert not threads_named("side_work")


def test_what_it_raises_is_raised_at_the_end_of_the_block():
    has_failed = threading.Event()

    def work() -> None:
        has_failed.set()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"), SideWork(work, every_s=0.001):
        assert has_failed.wait(SOON_S)


def test_the_blocks_own_error_comes_first():
    has_failed = threading.Event()

    def work() -> None:
        has_failed.set()
        raise OSError("second")

    with pytest.raises(ValueError, match="first"), SideWork(work, every_s=0.001):
        assert has_failed.wait(SOON_S)
        raise ValueError("first")
