import pytest
from links import write
from transitions import LAYOUT
from waiting import wait_until

from rl_agent.data.journal_segment import record_dtype
from rl_agent.remote.spool import spooled_bytes

RECORD_BYTES = record_dtype(LAYOUT).itemsize


def test_nothing_is_spooled_before_a_journal_begins(tmp_path):
    assert spooled_bytes(tmp_path / "none", None) == 0


@pytest.mark.parametrize(("sent", "rest"), [(10, 20), (29, 1), (30, 0)])
def test_what_lies_behind_the_place_is_counted(tmp_path, sent, rest):
    place = write(tmp_path, 0, sent)
    write(tmp_path, sent, 30)
    assert spooled_bytes(tmp_path, place) == rest * RECORD_BYTES


def test_later_segments_count_whole(tmp_path):
    place = write(tmp_path, 0, 90)
    write(tmp_path, 90, 250)  # segments of 100
    sizes = [(tmp_path / f"{index:06d}.journal").stat().st_size for index in (1, 2)]
    assert spooled_bytes(tmp_path, place) == 10 * RECORD_BYTES + sum(sizes)


def test_a_link_that_is_down_spools_and_empties_the_spool_later(tmp_path, robot, learner, proxy):
    there = learner(tmp_path / "learner")
    between = proxy(there.port)
    write(tmp_path / "run", 0, 20)
    here = robot(tmp_path / "run", between.port)
    assert here.wait_until_sent(20, 30.0)
    assert here.status.num_spooled_bytes == 0
    between.cut()
    wait_until(lambda: not here.status.is_connected)
    write(tmp_path / "run", 20, 50)
    assert here.status.num_spooled_bytes == 30 * RECORD_BYTES
    between.mend()
    assert here.wait_until_sent(50, 30.0)
    assert here.status.num_spooled_bytes == 0
