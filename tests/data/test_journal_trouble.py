"""Trouble of the disk: what was kept stays, and the journal goes on."""

import os
import resource
from pathlib import Path

import pytest
from journals import NO_SYNC, close_writers, opened, rewards, write
from transitions import LAYOUT, transition

from rl_agent.data import journal as journal_module
from rl_agent.data.journal import JournalConfig, JournalReader
from rl_agent.data.journal_segment import record_dtype
from rl_agent.exceptions import JournalError

RECORD_BYTES = record_dtype(LAYOUT).itemsize
__all__ = ["close_writers"]  # a fixture


def test_a_full_disk_leaves_whole_records(tmp_path, monkeypatch):
    writer, path = write(tmp_path, 2), tmp_path / "000000.journal"

    class FullDisk:
        def write(self, data):
            with path.open("ab") as file:
                file.write(data[:10])
            raise OSError(28, "No space left on device")

        def truncate(self, size):
            os.truncate(path, size)

    whole, writer._file = writer._file, FullDisk()
    with pytest.raises(JournalError, match="No space left"):
        writer.append(transition(2))
    assert path.stat().st_size == writer.offset.position
    writer._file = whole
    writer.append(transition(2))
    assert rewards(tmp_path) == [0, 1, 2]


def test_after_a_partial_write_the_next_record_leaves_no_hole(tmp_path):
    # A file may grow to two and a half records; then there is room again.
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = opened(tmp_path, LAYOUT, NO_SYNC)
    room = writer.offset.position + 5 * RECORD_BYTES // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, unlimited[1]))
    try:
        with pytest.raises(JournalError):
            for index in range(3):
                writer.append(transition(index))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    for index in (2, 3):
        writer.append(transition(index))
    rows = JournalReader(tmp_path).read().rows
    assert rows["reward"].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_journal_whose_folder_is_gone_is_closed_all_the_same(tmp_path):
    writer = write(tmp_path / "journal", 2)
    (tmp_path / "journal").rename(tmp_path / "moved")
    with pytest.raises(FileNotFoundError):
        writer.close()
    writer.close()  # nothing is open any more
    assert rewards(tmp_path / "moved") == [0, 1]


@pytest.mark.parametrize("breaks", ["append_whole", "rename"])
def test_a_segment_that_cannot_be_begun_leaves_the_journal_as_it_was(tmp_path, monkeypatch, breaks):
    writer = write(tmp_path, 2, JournalConfig(sync="none", segment_records=2))

    def fail(*args):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(journal_module if breaks == "append_whole" else Path, breaks, fail)
        for _ in range(2):
            with pytest.raises(JournalError, match="cannot be written"):
                writer.append(transition(2))
        assert rewards(tmp_path) == [0, 1]
    for index in (2, 3, 4):
        writer.append(transition(index))
    assert rewards(tmp_path) == [0, 1, 2, 3, 4]
    names = sorted(path.name for path in tmp_path.glob("*.journal*"))
    assert names == [f"00000{index}.journal" for index in range(3)]


def test_a_part_of_a_record_that_could_not_be_cut_off_at_once_is_cut_off_later(tmp_path):
    writer = write(tmp_path, 2)
    whole = writer._file

    class Broken:
        def write(self, data):
            whole.write(data[:10])
            raise OSError(5, "Input/output error")

        def truncate(self, size):
            raise OSError(5, "Input/output error")

    writer._file = Broken()
    with pytest.raises(JournalError):
        writer.append(transition(2))
    writer._file = whole
    for index in (2, 3):
        writer.append(transition(index))
    assert rewards(tmp_path) == [0, 1, 2, 3]
