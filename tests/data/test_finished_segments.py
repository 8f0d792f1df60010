"""Opening a journal reads its last segment alone, and comes to what reading all would."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journals import close_writers, opened, rewards, write
from transitions import LAYOUT, transition

from rl_agent.data import finished_segments, journal
from rl_agent.data.finished_segments import FINISHED
from rl_agent.data.journal import JournalConfig, JournalReader, JournalWriter
from rl_agent.data.journal_segment import record_dtype, scan_segment
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import JournalError

RECORD_BYTES = record_dtype(LAYOUT).itemsize
CONFIG = JournalConfig(sync="none", segment_records=3)
__all__ = ["close_writers"]  # a fixture


@pytest.fixture
def read(monkeypatch):
    """Numbers of the segments whose records were read, in order."""
    numbers = []

    def scan(path, *arguments):
        numbers.append(int(path.stem))
        return scan_segment(path, *arguments)

    for module in (journal, finished_segments):
        monkeypatch.setattr(module, "scan_segment", scan)
    return numbers


def reopened(directory):
    return opened(directory, LAYOUT, CONFIG)


def test_a_journal_is_opened_by_its_last_segment_alone(tmp_path, read):
    offset = write(tmp_path, 10, CONFIG).offset  # 0 1 2, 3 4 5, 6 7 8, 9
    assert reopened(tmp_path).offset == offset
    assert read == [3]
    assert [entry["segment"] for entry in segments_noted(tmp_path)] == [0, 1, 2]


def segments_noted(directory):
    return json.loads((directory / FINISHED).read_text())["segments"]


@pytest.mark.parametrize(
    "damage",
    [
        None,
        b"",
        b"{}\n",
        b"[" * 100_000,
        b"\xff\xfe",
        lambda data: data[:-20],
        lambda data: data.replace(b'"first_record": 3', b'"first_record": 4'),
        lambda data: data.replace(b'"digest": "', b'"digest": "0'),
    ],
)
def test_what_is_noted_is_written_anew_where_it_is_missing_or_spoilt(tmp_path, read, damage):
    offset = write(tmp_path, 10, CONFIG).offset
    noted = tmp_path / FINISHED
    whole = noted.read_bytes()
    if damage is None:
        noted.unlink()
    else:
        noted.write_bytes(damage(whole) if callable(damage) else damage)
        assert noted.read_bytes() != whole
    assert reopened(tmp_path).offset == offset
    assert read == [0, 1, 2, 3]
    assert noted.read_bytes() == whole


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_from_a_segment_of_another_size_on_all_is_read(tmp_path, read, segment):
    write(tmp_path, 10, CONFIG)
    path = tmp_path / f"00000{segment}.journal"
    os.truncate(path, path.stat().st_size - RECORD_BYTES)
    reopened(tmp_path)
    assert read == list(range(segment, 4))


def test_segments_that_were_exchanged_by_hand_are_read(tmp_path, read):
    write(tmp_path / "mine", 7, CONFIG)
    other = reopened(tmp_path / "other")
    for index in range(7):
        other.append(transition(100 + index))
    # All as long as those that they replace, and with the same headers.
    for path in (tmp_path / "other").glob("*.journal"):
        (tmp_path / "mine" / path.name).write_bytes(path.read_bytes())
    read.clear()
    assert reopened(tmp_path / "mine").offset == other.offset
    assert read == [0, 1, 2]


def test_damage_within_a_finished_segment_is_found_by_readers(tmp_path, read):
    write(tmp_path, 7, CONFIG)
    path = tmp_path / "000001.journal"
    data = bytearray(path.read_bytes())
    data[len(data) - 2 * RECORD_BYTES - 1] ^= 1  # of 3 4 5 it is 3
    path.write_bytes(data)
    writer = reopened(tmp_path)
    assert read == [2]
    writer.append(transition(7))
    contents = JournalReader(tmp_path).read(writer.offset)
    assert contents.rows["reward"].tolist() == [0, 1, 2, 4, 5, 6, 7]
    assert contents.num_damaged == 1


def test_a_header_of_a_finished_segment_is_looked_at(tmp_path):
    write(tmp_path, 7, CONFIG)
    path = tmp_path / "000001.journal"
    path.write_bytes(b"[" + path.read_bytes()[1:])
    with pytest.raises(JournalError, match="header line"):
        reopened(tmp_path)


def test_rows_of_another_layout_are_refused_also_where_all_is_noted(tmp_path):
    write(tmp_path, 7, CONFIG)
    with pytest.raises(JournalError, match="obs_dim=9"):
        opened(tmp_path, TransitionLayout(obs_dim=9, act_dim=1), CONFIG)


def test_a_disk_that_refuses_the_note_costs_no_record(tmp_path, monkeypatch, read):
    def refuse(path, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(finished_segments, "write_durably", refuse)
        writer = write(tmp_path, 7, CONFIG)
        assert not (tmp_path / FINISHED).exists()
    for index in range(7, 10):
        writer.append(transition(index))
    assert rewards(tmp_path) == list(range(10))
    read.clear()
    assert reopened(tmp_path).offset == writer.offset
    assert read == [3]


def test_a_start_that_was_ended_goes_on_reading_where_it_was(tmp_path, monkeypatch, read):
    monkeypatch.setattr(finished_segments, "NOTE_RECORDS", 6)
    offset = write(tmp_path, 16, CONFIG).offset  # five finished segments
    (tmp_path / FINISHED).unlink()
    (tmp_path / "000003.journal").rename(tmp_path / "hidden")
    (tmp_path / "000003.journal").write_bytes(b"no journal\n")
    with pytest.raises(JournalError):
        reopened(tmp_path)
    (tmp_path / "hidden").rename(tmp_path / "000003.journal")
    read.clear()
    assert reopened(tmp_path).offset == offset
    assert read == [2, 3, 4, 5]


def test_what_was_cut_off_is_not_noted_any_more_if_a_kill_follows(tmp_path, monkeypatch):
    offsets = []
    writer = reopened(tmp_path)
    for index in range(7):
        writer.append(transition(index))
        offsets.append(writer.offset)

    def kill(path, size):
        raise KeyboardInterrupt

    with monkeypatch.context() as ending:
        ending.setattr(journal.os, "truncate", kill)
        with pytest.raises(KeyboardInterrupt):
            writer.truncate_to(offsets[3])  # within the second segment
    assert [entry["segment"] for entry in segments_noted(tmp_path)] == [0]


STEPS = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 8)),
    st.tuples(st.sampled_from(["truncate", "spoil", "cut"]), st.integers(0, 10**6)),
    st.tuples(st.sampled_from(["reopen", "clear", "set aside", "lose the note"]), st.just(0)),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEPS, max_size=12))
def test_whatever_becomes_of_a_journal_its_end_is_that_of_reading_all(tmp_path_factory, steps):
    """Where nothing is spoilt: behind damage, digests tell nothing."""
    directory = tmp_path_factory.mktemp("journals") / "journal"
    writer, num_appended = JournalWriter(directory, LAYOUT, CONFIG), 0
    offsets, is_spoilt = [writer.offset], False
    for what, number in steps:
        if what == "append":
            for _ in range(number):
                writer.append(transition(num_appended))
                num_appended += 1
                offsets.append(writer.offset)
        elif what == "truncate":
            offsets = offsets[: number % len(offsets) + 1]
            writer.truncate_to(offsets[-1])
        elif what == "lose the note":
            (directory / FINISHED).unlink(missing_ok=True)
        elif what in ("clear", "set aside"):
            writer.clear() if what == "clear" else writer.set_aside()
            offsets, is_spoilt = [writer.offset], False
        writer.close()
        paths = sorted(directory.glob("*.journal"))
        if what == "spoil" and writer.num_records and len(paths) > 1:
            path = paths[number % (len(paths) - 1)]
            data = bytearray(path.read_bytes())
            place = -1 - number % (2 * RECORD_BYTES)
            data[place] = (data[place] + 1) % 256  # never what it was, also the second time
            path.write_bytes(data)
            is_spoilt = True
        elif what == "cut":
            # A power failure takes the newest segment's end.
            size = paths[-1].stat().st_size
            header = paths[-1].read_bytes().index(b"\n") + 1
            os.truncate(paths[-1], header + number % (size - header + 1))
        writer = JournalWriter(directory, LAYOUT, CONFIG)
        offsets = [offset for offset in offsets if offset.num_records <= writer.num_records]
        found = JournalReader(directory).read(writer.offset)
        assert found.num_damaged or found.digest == writer.offset.digest
        assert len(found.rows) + found.num_damaged == writer.num_records
        assert is_spoilt or not found.num_damaged
    writer.close()
