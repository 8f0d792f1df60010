import errno
import threading
import time

import pytest
from transitions import LAYOUT, transition
from waiting import wait_until

from rl_agent.data import folder_lock
from rl_agent.data import journal as journal_module
from rl_agent.data.journal import JournalConfig, JournalReader, SyncPolicy
from rl_agent.data.journal_thread import JournalThread
from rl_agent.data.lost_steps import LOST, read_lost
from rl_agent.exceptions import BusyError, JournalError

NO_SYNC = JournalConfig(sync="none")


def rewards(directory):
    return JournalReader(directory).read().rows["reward"].tolist()


@pytest.fixture
def disk(monkeypatch):
    """A disk whose appends wait for `free`, or fail with `number`."""

    class Disk:
        def __init__(self):
            self.free, self.number, self.num_failed = threading.Event(), None, 0
            self.free.set()

        def append(self, file, data, position):
            self.free.wait(20.0)
            if self.number is not None:
                self.num_failed += 1
                raise OSError(self.number, "no")
            append_whole(file, data, position)

    append_whole, made = journal_module.append_whole, Disk()
    monkeypatch.setattr(journal_module, "append_whole", made.append)
    return made


def test_what_is_handed_over_is_written_in_order(tmp_path):
    journal = JournalThread(tmp_path, LAYOUT, NO_SYNC)
    assert all(journal.put(transition(index)) for index in range(50))
    journal.close()
    assert rewards(tmp_path) == list(range(50))
    assert (journal.num_lost, journal.offset.num_records) == (0, 50)


def test_it_is_with_the_operating_system_soon_and_not_only_at_the_end(tmp_path):
    journal = JournalThread(tmp_path, LAYOUT, NO_SYNC)
    journal.put(transition(0))
    wait_until(lambda: journal.offset.num_records == 1)
    assert rewards(tmp_path) == [0]
    journal.close()


def test_a_journal_has_one_writer_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_lock, "PATIENCE_S", 0.0)
    journal = JournalThread(tmp_path, LAYOUT, NO_SYNC)
    journal.put(transition(0))
    with pytest.raises(BusyError, match="writes this journal"):
        JournalThread(tmp_path, LAYOUT, NO_SYNC)
    journal.close()
    again = JournalThread(tmp_path, LAYOUT, NO_SYNC)
    again.put(transition(1))
    again.close()
    assert rewards(tmp_path) == [0, 1]


def test_a_journal_that_cannot_be_opened_is_let_go(tmp_path):
    (tmp_path / "000000.journal").write_bytes(b"of something else\n")
    for _ in range(2):
        with pytest.raises(JournalError, match="not readable"):
            JournalThread(tmp_path, LAYOUT, NO_SYNC)


def test_a_slow_disk_is_not_waited_for_and_what_has_no_room_is_counted(tmp_path, disk):
    journal = JournalThread(tmp_path, LAYOUT, NO_SYNC, capacity=10)
    disk.free.clear()
    journal.put(transition(0))
    wait_until(lambda: journal.num_waiting == 0)  # in the writer's hands, which wait
    start_s = time.monotonic()
    taken = [journal.put(transition(index)) for index in range(1, 15)]
    assert time.monotonic() - start_s < 1.0
    assert taken == [True] * 10 + [False] * 4
    assert journal.num_lost == 4
    disk.free.set()
    journal.close()
    assert rewards(tmp_path) == list(range(11))


def test_a_full_disk_is_told_once_and_gone_on_with(tmp_path, disk, monkeypatch):
    monkeypatch.setattr("rl_agent.data.disk.RETRY_S", 0.01)
    said = []
    journal = JournalThread(tmp_path, LAYOUT, NO_SYNC, on_message=said.append)
    disk.number = errno.ENOSPC
    for index in range(3):
        journal.put(transition(index))
    wait_until(lambda: disk.num_failed >= 3)
    disk.number = None
    journal.close()
    assert rewards(tmp_path) == [0, 1, 2]
    assert [("DISK FULL" in text, "room again" in text) for text in said] == [
        (True, False),
        (False, True),
    ]
    assert journal.num_lost == 0


def test_a_disk_that_stays_full_does_not_keep_the_end(tmp_path, disk):
    journal = JournalThread(tmp_path, LAYOUT, NO_SYNC)
    disk.number = errno.ENOSPC
    for index in range(3):
        journal.put(transition(index))
    start_s = time.monotonic()
    journal.close(timeout_s=0.05)
    assert time.monotonic() - start_s < 1.5
    assert journal.num_lost == 3
    assert not journal.put(transition(3))
    assert rewards(tmp_path) == []


def test_another_trouble_is_told_once_and_gone_on_after(tmp_path, disk, monkeypatch):
    monkeypatch.setattr("rl_agent.data.disk.RETRY_S", 0.01)
    said = []
    journal = JournalThread(tmp_path, LAYOUT, NO_SYNC, on_message=said.append)
    disk.number = errno.EIO
    for index in range(3):
        journal.put(transition(index))
    wait_until(lambda: disk.num_failed >= 3)
    disk.number = None
    journal.put(transition(3))
    journal.close()
    assert len(said) == 2 and "cannot be written" in said[0] and "written again" in said[1]
    assert rewards(tmp_path) == [0, 1, 2, 3]
    assert journal.num_lost == 0


def test_what_another_trouble_keeps_from_the_disk_until_the_end_is_counted(tmp_path, disk):
    journal = JournalThread(tmp_path, LAYOUT, NO_SYNC)
    disk.number = errno.EIO
    for index in range(3):
        journal.put(transition(index))
    journal.close(timeout_s=0.05)
    assert journal.num_lost == 3
    assert rewards(tmp_path) == []


@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS, errno.EMFILE])
def test_a_file_that_cannot_be_begun_costs_nothing(tmp_path, monkeypatch, number):
    monkeypatch.setattr("rl_agent.data.disk.RETRY_S", 0.01)
    begin, failures, said = journal_module._begin_file, iter([True] * 3), []

    def refuse(path, header):
        if path.name != "000000.journal" and next(failures, False):
            raise OSError(number, "no")
        return begin(path, header)

    monkeypatch.setattr(journal_module, "_begin_file", refuse)
    config = JournalConfig(sync="none", segment_records=2)
    journal = JournalThread(tmp_path, LAYOUT, config, on_message=said.append)
    for index in range(5):
        journal.put(transition(index))
    journal.close()
    assert rewards(tmp_path) == [0, 1, 2, 3, 4]
    assert len(said) == 2 and journal.num_lost == 0


def test_a_step_that_is_written_and_not_forced_onto_the_disk_is_not_written_twice(
    tmp_path, monkeypatch
):
    journal = JournalThread(tmp_path, LAYOUT, JournalConfig(sync=SyncPolicy.ALWAYS))

    def fail(directory):
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(journal_module, "fsync_directory", fail)
    for index in range(3):
        journal.put(transition(index))
    wait_until(lambda: journal.offset.num_records == 3)
    journal.close()
    assert rewards(tmp_path) == [0, 1, 2]
    assert journal.num_lost == 0


def test_what_was_lost_is_noted_and_counted_on_after_a_restart(tmp_path, disk):
    folder, lost = tmp_path / "journal", tmp_path / LOST
    for total in (3, 6):
        journal = JournalThread(folder, LAYOUT, NO_SYNC, lost=lost)
        assert journal.state()["num_lost"] == total - 3
        disk.number = errno.EIO
        for index in range(3):
            journal.put(transition(index))
        journal.close(timeout_s=0.05)
        disk.number = None
        assert (journal.num_lost, read_lost(lost)) == (total, total)


@pytest.mark.parametrize("content", [b"", b"[", b"[1]", b'{"num_lost": -4}', b'{"num_lost": "x"}'])
def test_a_note_that_cannot_be_read_counts_nothing(tmp_path, content):
    lost = tmp_path / LOST
    assert read_lost(lost) == 0
    lost.write_bytes(content)
    assert read_lost(lost) == 0


def test_losses_are_noted_while_it_goes_on(tmp_path, disk):
    journal = JournalThread(tmp_path / "journal", LAYOUT, NO_SYNC, capacity=1, lost=tmp_path / LOST)
    disk.free.clear()
    journal.put(transition(0))
    wait_until(lambda: journal.num_waiting == 0)
    taken = [journal.put(transition(index)) for index in range(1, 4)]
    assert taken == [True, False, False]
    disk.free.set()
    wait_until(lambda: read_lost(tmp_path / LOST) == 2)
    journal.close()
