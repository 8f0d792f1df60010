import errno
import os

import pytest

from rl_agent.data.disk import RETRY_S, WaitForRoom, append_whole, write_durably
from rl_agent.exceptions import DiskFullError


class Disk:
    """A write that fails a number of times."""

    def __init__(self, num_failures, number=errno.ENOSPC):
        self.num_failures, self.number, self.num_written = num_failures, number, 0

    def __call__(self):
        if self.num_failures:
            self.num_failures -= 1
            raise OSError(self.number, "no")
        self.num_written += 1


def waiting(should_stop=lambda: False):
    messages, naps = [], []
    return WaitForRoom(should_stop, messages.append, naps.append), messages, naps


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_it_waits_until_there_is_room_and_writes_once(tmp_path, number):
    keep, messages, naps = waiting()
    disk = Disk(3, number)
    keep(disk, tmp_path / "file", 4200)
    assert disk.num_written == 1
    assert naps == [RETRY_S] * 3
    first, last = messages
    assert "DISK FULL" in first and "4.2 kB" in first and str(tmp_path / "file") in first
    assert "room again" in last


def test_with_room_it_says_nothing(tmp_path):
    keep, messages, naps = waiting()
    keep(Disk(0), tmp_path / "file", 1)
    assert messages == [] and naps == []


def test_another_mistake_is_passed_on(tmp_path):
    keep, messages, _ = waiting()
    with pytest.raises(PermissionError):
        keep(Disk(1, errno.EACCES), tmp_path / "file", 1)
    assert messages == []


def test_a_stop_ends_the_waiting(tmp_path):
    looks = iter([False, True])
    keep, _, naps = waiting(lambda: next(looks))
    with pytest.raises(DiskFullError, match="was not written"):
        keep(Disk(99), tmp_path / "file", 1)
    assert len(naps) == 1


def test_what_does_not_fit_leaves_nothing(tmp_path):
    class Short:
        name = tmp_path / "file"

        def write(self, data):
            self.name.write_bytes(b"kept" + bytes(data[:2]))
            return 2

        def truncate(self, size):
            os.truncate(self.name, size)

    with pytest.raises(OSError, match="2 of 5 bytes"):
        append_whole(Short(), b"12345", 4)
    assert Short.name.read_bytes() == b"kept"


def test_a_failed_rename_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_durably(path, b"old")

    def refuse(source, target):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="Permission denied"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.json"]
