import pytest
from small_training import StopAfter, small_config

from rl_agent.clock import ManualClock, ProcessClock
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.training import train
from rl_agent.learning.training_time import TrainingTime


@pytest.fixture
def clocks():
    return ManualClock(5.0), ManualClock(100.0)


def test_both_clocks_are_summed_up_from_where_they_stand(clocks):
    time = TrainingTime(*clocks)
    clocks[0].advance(1.5)
    clocks[1].advance(2.0)
    assert time.seconds == {"cpu_s": 1.5, "wall_s": 2.0}


def test_what_happens_in_a_pause_is_left_out(clocks):
    time = TrainingTime(*clocks)
    clocks[0].advance(1.0)
    with time.paused():
        clocks[0].advance(50.0)
        assert time.seconds["cpu_s"] == 1.0
    clocks[0].advance(0.25)
    assert time.seconds["cpu_s"] == 1.25


def test_a_pause_ends_with_an_error_too(clocks):
    time = TrainingTime(*clocks)
    with pytest.raises(ValueError, match="no"), time.paused():
        raise ValueError("no")
    clocks[1].advance(3.0)
    assert time.seconds["wall_s"] == 3.0


def test_it_goes_on_from_a_checkpoint_s_sums(clocks):
    time = TrainingTime(*clocks)
    clocks[0].advance(9.0)  # reading the checkpoint
    time.restore({"cpu_s": 2.0})  # an older one has none of the other
    clocks[0].advance(1.0)
    assert time.seconds == {"cpu_s": 3.0, "wall_s": 0.0}


def test_this_process_uses_time():
    clock = ProcessClock()
    start_s = clock.now()
    while clock.now() == start_s:
        pass
    assert clock.now() > start_s


def test_an_evaluation_says_what_training_cost_over_all_sittings(tmp_path):
    train(small_config(), tmp_path, stop=StopAfter(60))
    before = load_checkpoint(tmp_path).values["time"]
    train(small_config(), tmp_path, should_resume=True)
    lines = [line for line in read_metrics(tmp_path) if line["kind"] == "evaluation"]
    spent = [line["cpu_s"] for line in lines]
    assert spent == sorted(spent)
    assert 0.0 < before["cpu_s"] < spent[-1]
    assert 0.0 < before["wall_s"] < lines[-1]["wall_s"]
