"""Rows of several robots become one journal: each once, in stretches, and again after a kill."""

from contextlib import closing

import numpy as np
import pytest
from links import SMALL
from transitions import LAYOUT, transition

from rl_agent.clock import ManualClock
from rl_agent.data.journal import JournalOffset, JournalReader, JournalWriter
from rl_agent.data.merged_journal import HOLD_S, LOOK_S, MergedJournal


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def merged(tmp_path, clock):
    """Open it, as often as a test likes."""
    opened = []

    def open_(**changes):
        for journal in opened:
            journal.close()
        opened[:] = [MergedJournal(tmp_path / "run", LAYOUT, tmp_path / "robots", clock, **changes)]
        return opened[0]

    yield open_
    for journal in opened:
        journal.close()


def live(tmp_path, robot, first, last, ends=()):
    """Let a robot's copy grow by rows [first, last); its episodes end with the rows `ends`."""
    with closing(JournalWriter(tmp_path / "robots" / robot, LAYOUT, SMALL)) as writer:
        for index in range(first, last):
            writer.append(transition(index, truncated=index in ends))


def read(journal, clock=None):
    """All that comes now: [(robot, rewards)]."""
    if clock is not None:
        clock.advance(LOOK_S)
    found = []
    while len(rows := journal.read()):
        found.append((journal.robot_id, rows["reward"].astype(int).tolist()))
    return found


def rewards(tmp_path):
    return JournalReader(tmp_path / "run").read().rows["reward"].astype(int).tolist()


def place(journal):
    """What a checkpoint holds."""
    taken = {name: JournalOffset(**values) for name, values in journal.sources().items()}
    return {"end": journal.offset, "taken": taken}


def test_one_robots_rows_pass_at_once(tmp_path, merged, clock):
    journal = merged()
    assert read(journal) == []
    live(tmp_path, "a", 0, 3)
    assert read(journal, clock) == [("a", [0, 1, 2])]
    live(tmp_path, "a", 3, 5)
    assert read(journal) == [("a", [3, 4])]
    assert rewards(tmp_path) == [0, 1, 2, 3, 4]
    assert journal.offset.num_records == 5


def test_while_there_are_two_a_robots_rows_come_when_its_episode_has_ended(tmp_path, merged, clock):
    live(tmp_path, "a", 0, 3)
    live(tmp_path, "b", 100, 103)
    journal = merged()
    assert read(journal, clock) == []
    live(tmp_path, "b", 103, 106, ends=[104])
    assert read(journal) == [("b", [100, 101, 102, 103, 104, 105])]
    live(tmp_path, "a", 3, 4)
    clock.advance(HOLD_S - 0.1)
    assert read(journal) == []
    clock.advance(0.1)
    assert read(journal) == [("a", [0, 1, 2, 3])]
    assert rewards(tmp_path) == [100, 101, 102, 103, 104, 105, 0, 1, 2, 3]


def test_a_long_backlog_keeps_nobody_else_waiting(tmp_path, merged, clock, monkeypatch):
    monkeypatch.setattr("rl_agent.data.journal_follower.JournalFollower.read.__defaults__", (50,))
    live(tmp_path, "a", 0, 120, ends=range(0, 120, 10))
    live(tmp_path, "b", 500, 510, ends=[509])
    journal = merged()
    assert [name for name, _ in read(journal, clock)] == ["a", "b", "a", "a"]


def test_a_robot_may_join_later(tmp_path, merged, clock):
    live(tmp_path, "a", 0, 3)
    journal = merged()
    assert read(journal, clock) == [("a", [0, 1, 2])]
    live(tmp_path, "b", 100, 102, ends=[101])
    assert read(journal) == []  # looked for only now and then
    assert read(journal, clock) == [("b", [100, 101])]
    assert journal.num_taken == {"a": 3, "b": 2}


def test_it_goes_on_from_a_checkpoint_and_merges_again_what_came_later(tmp_path, merged, clock):
    live(tmp_path, "a", 0, 4, ends=[3])
    live(tmp_path, "b", 100, 104, ends=[103])
    journal = merged()
    read(journal, clock)
    checkpoint = place(journal)
    before = rewards(tmp_path)
    live(tmp_path, "a", 4, 8, ends=[7])
    live(tmp_path, "b", 104, 106, ends=[105])
    read(journal)
    assert len(rewards(tmp_path)) == 14
    # ... and here the learner is killed.
    journal = merged(**checkpoint)
    assert rewards(tmp_path) == before
    live(tmp_path, "a", 8, 9, ends=[8])
    again = dict(read(journal, clock))
    assert again == {"a": [4, 5, 6, 7, 8], "b": [104, 105]}
    assert sorted(rewards(tmp_path)) == [*range(9), *range(100, 106)]


def test_without_a_checkpoint_it_begins_anew(tmp_path, merged, clock):
    live(tmp_path, "a", 0, 4)
    read(merged(), clock)
    assert read(merged(), clock) == [("a", [0, 1, 2, 3])]
    assert rewards(tmp_path) == [0, 1, 2, 3]


def test_a_checkpoint_of_before_there_were_several_robots_is_read(tmp_path, merged, clock):
    live(tmp_path, "a", 0, 4)
    journal = merged()
    read(journal, clock)
    journal = merged(end=journal.offset, taken={})
    live(tmp_path, "b", 100, 102, ends=[101])
    live(tmp_path, "a", 4, 5, ends=[4])
    assert dict(read(journal, clock)) == {"a": [0, 1, 2, 3, 4], "b": [100, 101]}


@pytest.mark.parametrize("is_running", [True, False])
def test_a_copy_that_was_exchanged_is_learned_from_its_beginning(
    tmp_path, merged, clock, is_running
):
    live(tmp_path, "a", 0, 40)
    told = []
    journal = merged(on_message=told.append)
    assert len(read(journal, clock)) == 1
    checkpoint = place(journal)
    (tmp_path / "robots" / "a").rename(tmp_path / "away")
    if is_running:
        assert read(journal, clock) == []
        assert len(told) == 1
    live(tmp_path, "a", 200, 203)
    if not is_running:
        journal = merged(on_message=told.append, **checkpoint)
    assert read(journal, clock) == [("a", [200, 201, 202])]
    assert rewards(tmp_path) == [*range(40), 200, 201, 202]
    assert len(told) == 1 and told[0].startswith("a: ")


def test_a_copy_that_is_exchanged_again_is_told_again(tmp_path, merged, clock):
    told = []
    journal = merged(on_message=told.append)
    live(tmp_path, "a", 0, 4)
    for first in (100, 200):
        assert read(journal, clock)
        (tmp_path / "robots" / "a").rename(tmp_path / f"away-{first}")
        assert read(journal) == []
        live(tmp_path, "a", first, first + 3)
    assert len(told) == 2 and told[0] == told[1]


def test_a_damaged_row_is_passed_by_and_counted(tmp_path, merged, clock):
    live(tmp_path, "a", 0, 5)
    path = tmp_path / "robots" / "a" / "000000.journal"
    data = bytearray(path.read_bytes())
    size = JournalReader(tmp_path / "robots" / "a").layout.row_dtype.itemsize + 8
    data[-2 * size - 1] ^= 1  # in the third row of five
    path.write_bytes(data)
    journal = merged()
    assert read(journal, clock) == [("a", [0, 1, 3, 4])]
    assert journal.num_damaged == 1
    checkpoint = place(journal)
    live(tmp_path, "a", 5, 6)
    assert read(merged(**checkpoint), clock) == [("a", [5])]


def test_what_is_read_is_on_the_disk_after_a_sync(tmp_path, merged, clock, monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", lambda descriptor: synced.append(descriptor))
    live(tmp_path, "a", 0, 4)
    journal = merged()
    read(journal, clock)
    synced.clear()
    journal.sync()
    assert len(synced) >= 4  # the copy, the merged journal, and both folders


def test_rows_are_kept_to_the_last_bit(tmp_path, merged, clock):
    live(tmp_path, "a", 0, 120)
    journal = merged()
    read(journal, clock)
    own = JournalReader(tmp_path / "run").read()
    copy = JournalReader(tmp_path / "robots" / "a").read()
    assert np.array_equal(own.rows, copy.rows) and own.digest == copy.digest
