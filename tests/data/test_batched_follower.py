import os
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import LAYOUT, transition

from rl_agent.data.batched_follower import BatchedFollower
from rl_agent.data.journal import JournalConfig, JournalWriter
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.data.journal_segment import record_dtype
from rl_agent.data.meeting_point import LEARNED, MeetingPoint


def write(directory, first, last, per_segment=3):
    config = JournalConfig(sync="none", segment_records=per_segment)
    with closing(JournalWriter(directory, LAYOUT, config)) as writer:
        for index in range(first, last):
            writer.append(transition(index))
        return writer.offset


def batched(directory, start=None, size=4):
    return BatchedFollower(JournalFollower(directory, LAYOUT, start), size=size)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    per_segment=st.integers(1, 5),
    size=st.integers(1, 7),
)
def test_batches_are_the_same_however_rows_arrive(tmp_path_factory, counts, per_segment, size):
    directory = tmp_path_factory.mktemp("journal")
    follower, batches, written = batched(directory, size=size), [], 0
    for count in counts:
        write(directory, written, written + count, per_segment)
        written += count
        while len(rows := follower.read()):
            batches.append(rows["reward"].tolist())
            assert follower.offset.num_records == size * len(batches)
    whole = written // size
    assert batches == [list(range(i * size, (i + 1) * size)) for i in range(whole)]


def test_the_offset_is_where_another_goes_on(tmp_path):
    write(tmp_path, 0, 10)
    first = batched(tmp_path)
    first.read()
    first.read()
    assert len(first.read()) == 0  # rows 8 and 9 wait
    second = batched(tmp_path, first.offset)
    write(tmp_path, 10, 12)
    assert second.read()["reward"].tolist() == [8, 9, 10, 11]


def test_who_begins_between_two_multiples_reads_up_to_the_next(tmp_path):
    offset = write(tmp_path, 0, 3)
    write(tmp_path, 3, 8)
    follower = batched(tmp_path, offset)
    assert follower.read()["reward"].tolist() == [3]
    assert follower.read()["reward"].tolist() == [4, 5, 6, 7]


def test_a_damaged_record_counts_for_its_batch_and_is_told(tmp_path):
    write(tmp_path, 0, 8, per_segment=8)
    path = tmp_path / "000000.journal"
    data = bytearray(path.read_bytes())
    data[-6 * record_dtype(LAYOUT).itemsize - 1] ^= 1  # the end of the second of eight
    path.write_bytes(bytes(data))
    follower = batched(tmp_path)
    assert [follower.read()["reward"].tolist() for _ in range(2)] == [[0, 2, 3], [4, 5, 6, 7]]
    assert follower.num_damaged == 1


def test_what_waits_is_on_the_disk_after_a_sync(tmp_path, monkeypatch):
    write(tmp_path, 0, 3)
    follower = batched(tmp_path)
    assert len(follower.read()) == 0
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    follower.sync()
    assert len(synced) == 2  # the segment and its folder


def test_nobody_is_met_before_the_learner_was_there(tmp_path):
    point = MeetingPoint(tmp_path, every=100)
    assert not point.is_past(0)
    point.tell(100)
    assert point.is_past(100)
    assert not point.is_past(101)


@pytest.mark.parametrize(("env_step", "expected"), [(0, 0), (99, 0), (100, 100), (250, 200)])
def test_meetings_are_at_multiples(tmp_path, env_step, expected):
    assert MeetingPoint(tmp_path, every=100).last(env_step) == expected


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"env_step": null}', '{"other": 1}'])
def test_a_damaged_file_is_nobody(tmp_path, text):
    (tmp_path / LEARNED).write_text(text)
    assert not MeetingPoint(tmp_path, every=1).is_past(0)
