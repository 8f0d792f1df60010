from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import LAYOUT, transition

from rl_agent.data.batched_follower import BatchedFollower
from rl_agent.data.journal import JournalConfig, JournalWriter
from rl_agent.data.meeting_point import LEARNED, MeetingPoint


def write(directory, first, last, per_segment=3):
    config = JournalConfig(sync="none", segment_records=per_segment)
    with closing(JournalWriter(directory, LAYOUT, config)) as writer:
        for index in range(first, last):
            writer.append(transition(index))
        return writer.offset


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    per_segment=st.integers(1, 5),
    size=st.integers(1, 7),
)
def test_batches_are_the_same_however_rows_arrive(tmp_path_factory, counts, per_segment, size):
    directory = tmp_path_factory.mktemp("journal")
    follower, batches, written = BatchedFollower(directory, LAYOUT, size=size), [], 0
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
    first = BatchedFollower(tmp_path, LAYOUT, size=4)
    first.read()
    first.read()
    assert len(first.read()) == 0  # rows 8 and 9 wait
    second = BatchedFollower(tmp_path, LAYOUT, first.offset, size=4)
    write(tmp_path, 10, 12)
    assert second.read()["reward"].tolist() == [8, 9, 10, 11]


def test_who_begins_between_two_multiples_reads_up_to_the_next(tmp_path):
    offset = write(tmp_path, 0, 3)
    write(tmp_path, 3, 8)
    follower = BatchedFollower(tmp_path, LAYOUT, offset, size=4)
    assert follower.read()["reward"].tolist() == [3]
    assert follower.read()["reward"].tolist() == [4, 5, 6, 7]


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
