import json
import os
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import LAYOUT, transition

from rl_agent.data.journal import JournalConfig, JournalOffset, JournalWriter
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.data.journal_segment import record_dtype
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import JournalError

SMALL = JournalConfig(sync="none", segment_records=3)
RECORD_BYTES = record_dtype(LAYOUT).itemsize


def write(directory, first, last, config=SMALL):
    with closing(JournalWriter(directory, LAYOUT, config)) as writer:
        for index in range(first, last):
            writer.append(transition(index))
        return writer.offset


def read_on(follower, max_records=10_000):
    rewards = []
    while len(rows := follower.read(max_records)):
        rewards += rows["reward"].tolist()
    return rewards


def spoil(path, record, num=1):
    """Flip a bit in each of some records, counted from the segment's end."""
    data = bytearray(path.read_bytes())
    for index in range(record, record + num):
        data[len(data) + index * RECORD_BYTES + 20] ^= 1
    path.write_bytes(bytes(data))


def test_a_journal_that_has_not_begun_has_no_rows_yet(tmp_path):
    follower = JournalFollower(tmp_path / "later", LAYOUT)
    assert len(follower.read()) == 0
    write(tmp_path / "later", 0, 2)
    assert read_on(follower) == [0, 1]
    assert len(follower.read()) == 0


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 5), min_size=1, max_size=6),
    per_segment=st.integers(1, 4),
    max_records=st.integers(1, 4),
)
def test_every_record_comes_once_however_it_is_asked(
    tmp_path_factory, counts, per_segment, max_records
):
    directory = tmp_path_factory.mktemp("journal")
    config = JournalConfig(sync="none", segment_records=per_segment)
    follower, seen, written = JournalFollower(directory, LAYOUT), [], 0
    for count in counts:
        offset = write(directory, written, written + count, config)
        written += count
        seen += read_on(follower, max_records)
        assert seen == list(range(written))
        assert follower.offset.num_records == offset.num_records
        assert follower.offset.digest == offset.digest
        # Another one goes on from there, as after a kill.
        place = JournalOffset(**json.loads(json.dumps(follower.offset.to_json())))
        follower = JournalFollower(directory, LAYOUT, place)
    assert follower.num_damaged == 0


@pytest.mark.parametrize("missing", range(1, RECORD_BYTES + 1))
def test_a_record_that_is_still_being_written_is_waited_for(tmp_path, missing):
    write(tmp_path, 0, 2)
    path = tmp_path / "000000.journal"
    whole = path.read_bytes()
    path.write_bytes(whole[:-missing])
    follower = JournalFollower(tmp_path, LAYOUT)
    assert read_on(follower) == [0]
    path.write_bytes(whole)
    assert read_on(follower) == [1]
    assert follower.num_damaged == 0


@pytest.mark.parametrize("keep", [0, 1, 40])
def test_a_segment_whose_header_is_not_whole_is_waited_for(tmp_path, keep):
    write(tmp_path, 0, 4)
    path = tmp_path / "000001.journal"
    whole = path.read_bytes()
    path.write_bytes(whole[:keep])
    follower = JournalFollower(tmp_path, LAYOUT)
    assert read_on(follower) == [0, 1, 2]
    # The writer that comes back begins it anew.
    write(tmp_path, 3, 5)
    assert read_on(follower) == [3, 4]


def test_damaged_records_are_passed_by_and_counted(tmp_path):
    write(tmp_path, 0, 6, JournalConfig(sync="none"))
    spoil(tmp_path / "000000.journal", -5, num=3)  # of 0..5 these are 1, 2, 3
    follower = JournalFollower(tmp_path, LAYOUT)
    assert read_on(follower, max_records=1) == [0, 4, 5]
    assert (follower.num_damaged, follower.offset.num_records) == (3, 6)


@pytest.mark.parametrize("max_records", [1, 2, 3, 4, 5, 20])
@pytest.mark.parametrize("num_damaged", range(1, 9))
def test_behind_damage_no_more_come_at_once_than_were_asked_for(tmp_path, max_records, num_damaged):
    write(tmp_path, 0, 20, JournalConfig(sync="none"))
    spoil(tmp_path / "000000.journal", -20, num=num_damaged)
    follower, seen = JournalFollower(tmp_path, LAYOUT), []
    while len(rows := follower.read(max_records)):
        assert len(rows) <= max_records
        seen += rows["reward"].tolist()
    assert seen == list(range(num_damaged, 20))
    assert (follower.num_damaged, follower.offset.num_records) == (num_damaged, 20)


def test_damage_at_a_segments_end_is_known_once_the_next_begins(tmp_path):
    write(tmp_path, 0, 5)
    spoil(tmp_path / "000000.journal", -1)
    follower = JournalFollower(tmp_path, LAYOUT)
    assert read_on(follower) == [0, 1, 3, 4]
    assert (follower.num_damaged, follower.offset.num_records) == (1, 5)


def test_a_journal_that_was_cut_short_is_told(tmp_path):
    write(tmp_path, 0, 3)
    follower = JournalFollower(tmp_path, LAYOUT)
    read_on(follower)
    os.truncate(tmp_path / "000000.journal", follower.offset.position - 1)
    with pytest.raises(JournalError, match="cut short"):
        follower.read()


def test_a_journal_of_another_robot_is_refused(tmp_path):
    write(tmp_path, 0, 1)
    other = TransitionLayout(obs_dim=3, act_dim=1)
    with pytest.raises(JournalError, match="expected"):
        JournalFollower(tmp_path, other).read()
