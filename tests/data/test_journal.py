import json
import os

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from journals import NO_SYNC, close_writers, opened, rewards, write
from transitions import LAYOUT, transition

from rl_agent.clock import ManualClock
from rl_agent.data import journal as journal_module
from rl_agent.data.journal import JournalConfig, JournalOffset, JournalReader
from rl_agent.data.journal_segment import Header, count_records, record_dtype
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import JournalError

RECORD_BYTES = record_dtype(LAYOUT).itemsize
__all__ = ["close_writers"]  # a fixture


def test_what_was_appended_is_read_back(tmp_path):
    write(tmp_path, 3)
    contents = JournalReader(tmp_path).read()
    row = contents.rows[2]
    assert contents.num_damaged == 0
    assert row["obs"].tolist() == [2.0, 0.0]
    assert row["next_obs"].tolist() == [3.0, 0.0]
    assert row["action"].tolist() == [0.5]
    assert row["applied_action"].tolist() == [0.25]
    assert row["shares"].tolist() == pytest.approx([0.0, 0.1, 0.2])
    assert (row["reward"], row["reasons"]) == (2.0, 2)
    assert (bool(row["terminated"]), bool(row["truncated"])) == (False, False)


def test_a_record_is_with_the_operating_system_before_append_returns(tmp_path):
    write(tmp_path, 3)  # neither closed nor synced
    assert rewards(tmp_path) == [0, 1, 2]


def test_the_first_line_tells_the_schema(tmp_path):
    write(tmp_path, 1)
    with (tmp_path / "000000.journal").open("rb") as file:
        header = json.loads(file.readline())
    assert (header["format"], header["schema_version"]) == ("surefoot-journal", 1)
    assert ["obs", "<f4", 2] in header["row"]
    assert ["reasons", "<u4", 1] in header["row"]


def test_segments_follow_one_another(tmp_path):
    writer = write(tmp_path, 7, JournalConfig(sync="none", segment_records=3))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "000000.journal",
        "000001.journal",
        "000002.journal",
        "finished.json",
    ]
    assert rewards(tmp_path) == list(range(7))
    assert (writer.offset.num_records, writer.offset.segment) == (7, 2)
    assert Header.read(tmp_path / "000002.journal").first_record == 6


def test_records_are_counted_by_the_last_segment(tmp_path):
    assert count_records(tmp_path / "none") == count_records(tmp_path) == 0
    counts = []
    writer = opened(tmp_path, LAYOUT, JournalConfig(sync="none", segment_records=3))
    for index in range(7):
        counts.append(count_records(tmp_path))
        writer.append(transition(index))
    assert counts == list(range(7)) and count_records(tmp_path) == 7


def test_a_torn_record_does_not_count_nor_does_a_segment_without_a_whole_header(tmp_path):
    write(tmp_path, 4, JournalConfig(sync="none", segment_records=3))
    with (tmp_path / "000001.journal").open("ab") as file:
        file.write(bytes(RECORD_BYTES - 1))
    (tmp_path / "000002.journal").write_bytes(b'{"format"')
    assert count_records(tmp_path) == 4


def test_counting_refuses_a_damaged_header(tmp_path):
    write(tmp_path, 1)
    path = tmp_path / "000000.journal"
    path.write_bytes(path.read_bytes().replace(b'"first_record": 0', b'"first_record": 9'))
    with pytest.raises(JournalError, match="damaged"):
        count_records(tmp_path)


def test_reopening_appends(tmp_path):
    config = JournalConfig(sync="none", segment_records=3)
    first = write(tmp_path, 4, config)
    second = opened(tmp_path, LAYOUT, config)
    assert second.offset == first.offset
    assert second.num_dropped_bytes == 0
    second.append(transition(4))
    assert rewards(tmp_path) == [0, 1, 2, 3, 4]


def test_the_digest_does_not_depend_on_reopening_and_depends_on_every_record(tmp_path):
    whole = write(tmp_path / "a", 4).offset.digest
    write(tmp_path / "b", 2)
    again = opened(tmp_path / "b", LAYOUT, NO_SYNC)
    for index in (2, 3):
        again.append(transition(index))
    assert again.offset.digest == whole == JournalReader(tmp_path / "b").read().digest
    other = write(tmp_path / "c", 3)
    other.append(transition(9))
    assert other.offset.digest != whole


def test_truncating_to_an_offset_forgets_what_came_later(tmp_path):
    config = JournalConfig(sync="none", segment_records=3)
    writer = write(tmp_path, 2, config)
    offset = writer.offset
    for index in range(2, 8):
        writer.append(transition(index))
    assert rewards(tmp_path, offset) == [0, 1]
    writer.truncate_to(JournalOffset(**json.loads(json.dumps(offset.to_json()))))
    assert rewards(tmp_path) == [0, 1]
    assert writer.offset == offset
    writer.append(transition(2))
    assert rewards(tmp_path) == [0, 1, 2]


def test_an_offset_beyond_the_end_is_refused(tmp_path):
    offset = write(tmp_path / "a", 5).offset
    writer = write(tmp_path / "b", 3)
    with pytest.raises(JournalError, match="3 records, 5 are needed"):
        writer.truncate_to(offset)
    with pytest.raises(JournalError, match="holds 3 records, 5 are needed"):
        JournalReader(tmp_path / "b").read(offset)
    writer.append(transition(3))
    assert rewards(tmp_path / "b") == [0, 1, 2, 3]


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 2 * RECORD_BYTES), garbage=st.binary(max_size=2 * RECORD_BYTES + 5))
def test_a_torn_tail_is_dropped_at_every_byte(tmp_path_factory, cut, garbage):
    """Cut within the last two records, or with anything written after the cut."""
    directory = tmp_path_factory.mktemp("journal")
    write(directory, 4)
    path = directory / "000000.journal"
    end = path.stat().st_size
    missing = path.read_bytes()[end - cut :][: cut % RECORD_BYTES]
    assume(not missing or not garbage.startswith(missing))  # that would mend it
    os.truncate(path, end - cut)
    with path.open("ab") as file:
        file.write(garbage)
    num_whole = 4 - -(-cut // RECORD_BYTES)
    kept_bytes = end - (4 - num_whole) * RECORD_BYTES
    assert rewards(directory) == list(range(num_whole))
    writer = opened(directory, LAYOUT, NO_SYNC)
    assert writer.num_dropped_bytes == end - cut + len(garbage) - kept_bytes
    assert writer.offset.num_records == num_whole
    writer.append(transition(7))
    assert rewards(directory) == [*range(num_whole), 7]


@pytest.mark.parametrize("keep", [0, 1, 40])
def test_a_segment_whose_header_is_torn_was_never_begun(tmp_path, keep):
    write(tmp_path, 3, JournalConfig(sync="none", segment_records=2))
    os.truncate(tmp_path / "000001.journal", keep)
    assert rewards(tmp_path) == [0, 1]
    writer = opened(tmp_path, LAYOUT, JournalConfig(sync="none", segment_records=2))
    assert writer.num_dropped_bytes == keep
    writer.append(transition(2))
    assert rewards(tmp_path) == [0, 1, 2]


def test_a_header_whose_end_is_damaged_is_not_taken_for_one_that_was_never_finished(tmp_path):
    write(tmp_path, 3)
    path = tmp_path / "000000.journal"
    header, _, rows = path.read_bytes().partition(b"\n")
    rows = rows.replace(b"\n", b"\0")
    path.write_bytes(header + b" " + rows)
    with pytest.raises(JournalError, match="header line is damaged"):
        opened(tmp_path, LAYOUT, NO_SYNC)
    assert path.read_bytes() == header + b" " + rows


def test_a_flipped_bit_anywhere_in_a_header_is_told(tmp_path):
    write(tmp_path, 4, JournalConfig(sync="none", segment_records=2))
    path = tmp_path / "000001.journal"
    whole = path.read_bytes()
    for place in range(whole.index(b"\n") + 1):
        for bit in (0, 1, 5, 7):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            with pytest.raises(JournalError):
                Header.read(path)
    path.write_bytes(whole)
    assert rewards(tmp_path) == [0, 1, 2, 3]


def test_a_header_without_a_checksum_is_still_read(tmp_path):
    write(tmp_path, 2)
    path = tmp_path / "000000.journal"
    _, _, rows = path.read_bytes().partition(b"\n")
    line = Header(layout=LAYOUT, segment=0, first_record=0).to_bytes(has_checksum=False)
    path.write_bytes(line + rows)
    assert rewards(tmp_path) == [0, 1]


def test_segments_that_were_exchanged_are_told(tmp_path):
    write(tmp_path, 4, JournalConfig(sync="none", segment_records=2))
    first, second = tmp_path / "000000.journal", tmp_path / "000001.journal"
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    with pytest.raises(JournalError, match="holds segment 1; it was exchanged"):
        JournalReader(tmp_path).read()
    with pytest.raises(JournalError, match="exchanged"):
        opened(tmp_path, LAYOUT, JournalConfig(sync="none", segment_records=2))


def test_another_runs_journal_is_not_taken_for_this_ones(tmp_path):
    offset = write(tmp_path / "mine", 3).offset
    writer = opened(tmp_path / "other", LAYOUT, NO_SYNC)
    for index in (5, 6, 7):
        writer.append(transition(index))
    with pytest.raises(JournalError, match="of another run; the journal was exchanged"):
        JournalReader(tmp_path / "other").read(offset)
    assert len(JournalReader(tmp_path / "mine").read(offset).rows) == 3


@given(place=st.integers(0, RECORD_BYTES - 1), bit=st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_a_flipped_bit_in_the_middle_costs_one_record(tmp_path_factory, place, bit):
    directory = tmp_path_factory.mktemp("journal")
    offset = write(directory, 4).offset
    path = directory / "000000.journal"
    data = bytearray(path.read_bytes())
    data[len(data) - 3 * RECORD_BYTES + place] ^= 1 << bit
    path.write_bytes(data)
    contents = JournalReader(directory).read(offset)
    assert contents.rows["reward"].tolist() == [0, 2, 3]
    assert contents.num_damaged == 1
    assert contents.digest != offset.digest
    assert opened(directory, LAYOUT, NO_SYNC).offset.num_records == 4


def spoil(path, num_records):
    """Flip a bit in each of a segment's last records."""
    data = bytearray(path.read_bytes())
    for index in range(num_records):
        data[len(data) - index * RECORD_BYTES - 1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("num_spoilt", [1, 2, 3])
def test_records_spoilt_at_the_end_of_a_segment_cost_no_others(tmp_path, num_spoilt):
    config = JournalConfig(sync="none", segment_records=3)
    offset = write(tmp_path, 7, config).offset  # 0 1 2, 3 4 5, 6
    spoil(tmp_path / "000001.journal", num_spoilt)
    left = [0, 1, 2, *[3, 4, 5][: 3 - num_spoilt], 6]
    contents = JournalReader(tmp_path).read(offset)
    assert (contents.rows["reward"].tolist(), contents.num_damaged) == (left, num_spoilt)
    assert JournalReader(tmp_path).read().num_damaged == num_spoilt
    writer = opened(tmp_path, LAYOUT, config)
    for index in (7, 8, 9):
        writer.append(transition(index))
    assert rewards(tmp_path, writer.offset) == [*left, 7, 8, 9]


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_whole_segment_that_is_missing_is_no_damage(tmp_path, missing):
    offset = write(tmp_path, 10, JournalConfig(sync="none", segment_records=3)).offset
    (tmp_path / f"00000{missing}.journal").unlink()
    with pytest.raises(JournalError, match="holds 7 records, 10 are needed"):
        JournalReader(tmp_path).read(offset)


def test_a_segment_of_another_run_is_not_taken_for_one_behind_damage(tmp_path):
    offset = write(tmp_path / "mine", 7, JournalConfig(sync="none", segment_records=3)).offset
    write(tmp_path / "other", 9, JournalConfig(sync="none", segment_records=4))  # its third: 8
    other = (tmp_path / "other" / "000002.journal").read_bytes()
    (tmp_path / "mine" / "000002.journal").write_bytes(other)
    with pytest.raises(JournalError, match="of another run; the journal was exchanged"):
        JournalReader(tmp_path / "mine").read(offset)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"not json\n", "not readable"),
        (b"{}\n", "not readable"),
        (b'{"format": "other", "schema_version": 1}\n', "expected surefoot-journal version 1"),
        (b'{"format": "surefoot-journal", "schema_version": 2}\n', "version 1, found"),
    ],
)
def test_foreign_files_are_refused(tmp_path, line, words):
    (tmp_path / "000000.journal").write_bytes(line)
    with pytest.raises(JournalError, match=words):
        JournalReader(tmp_path)
    with pytest.raises(JournalError, match=words):
        opened(tmp_path, LAYOUT, NO_SYNC)


def test_rows_of_another_layout_are_refused(tmp_path):
    write(tmp_path, 1)
    with pytest.raises(JournalError, match="obs_dim=9"):
        opened(tmp_path, TransitionLayout(obs_dim=9, act_dim=1), NO_SYNC)


def test_there_is_no_journal_in_an_empty_folder(tmp_path):
    with pytest.raises(JournalError, match="no journal"):
        JournalReader(tmp_path)


@pytest.mark.parametrize(("sync", "expected"), [("none", 0), ("interval", 2), ("always", 4)])
def test_when_records_are_forced_onto_the_disk(tmp_path, monkeypatch, sync, expected):
    clock, synced = ManualClock(), []
    config = JournalConfig(sync=journal_module.SyncPolicy(sync), sync_interval_s=1.0)
    writer = opened(tmp_path, LAYOUT, config, clock)
    monkeypatch.setattr(journal_module.os, "fsync", synced.append)
    monkeypatch.setattr(journal_module, "fsync_directory", lambda directory: None)
    for index in range(4):  # at 0.6, 1.2 (due), 1.8, 2.4 s (due)
        clock.advance(0.6)
        writer.append(transition(index))
    assert len(synced) == expected


def test_clear_drops_everything(tmp_path):
    writer = write(tmp_path, 3)
    writer.clear()
    assert writer.offset.num_records == 0
    writer.append(transition(5))
    assert rewards(tmp_path) == [5]


def test_empty_fields_take_no_room(tmp_path):
    layout = TransitionLayout(obs_dim=2, act_dim=1)
    writer = opened(tmp_path, layout, NO_SYNC)
    empty = np.zeros(0, np.float32)
    writer.append(transition(1, context=empty, next_context=empty, goal=empty))
    rows = JournalReader(tmp_path).read().rows
    assert rows["context"].shape == (1, 0)
    assert rows["obs"].tolist() == [[1.0, 0.0]]


def test_rows_are_appended_bit_for_bit(tmp_path):
    config = JournalConfig(sync="none", segment_records=3)
    odd = transition(2, reward=float("nan"), terminated=True, goal=np.array([-0.0], np.float32))
    first = opened(tmp_path / "first", LAYOUT, config)
    for item in [transition(0), transition(1), odd, transition(3)]:
        first.append(item)
    rows = JournalReader(tmp_path / "first").read().rows
    copy = opened(tmp_path / "copy", LAYOUT, config)
    for part in (rows[:1], rows[1:1], rows[1:]):
        copy.append_rows(part)
    assert copy.offset == first.offset
    for name in ("000000.journal", "000001.journal"):
        assert (tmp_path / "copy" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


def test_what_is_set_aside_stays_and_the_journal_begins_anew(tmp_path):
    folder = tmp_path / "journal"
    writer = write(folder, 3)
    assert writer.set_aside() == tmp_path / "journal-unread-1"
    writer.append(transition(9))
    assert (rewards(tmp_path / "journal-unread-1"), rewards(folder)) == ([0, 1, 2], [9])
    assert writer.set_aside() == tmp_path / "journal-unread-2"
