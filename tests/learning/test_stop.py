import signal

import pytest

from rl_agent.learning.stop import StopRequest


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_sets_the_flag_and_the_exit_status(number, status):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop.is_set
        signal.raise_signal(number)
        assert stop.is_set
        assert stop.exit_status == status
    assert signal.getsignal(number) is before


def test_a_second_signal_does_not_wait():
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert stop.is_set


def test_work_that_leaves_nothing_half_done_is_interrupted_at_once():
    with StopRequest() as stop:
        with pytest.raises(KeyboardInterrupt), stop.interruptible():
            signal.raise_signal(signal.SIGINT)
        assert stop.is_set
