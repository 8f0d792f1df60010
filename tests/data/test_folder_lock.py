import errno
import fcntl
import os
import subprocess
import sys
import threading

import pytest

from rl_agent.data import folder_lock
from rl_agent.data.folder_lock import hold_journal, hold_run
from rl_agent.exceptions import BusyError

HOLD = """
import sys, time
from pathlib import Path
from rl_agent.data.folder_lock import hold_run
with hold_run(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(folder_lock, "PATIENCE_S", 0.0)


def test_the_holder_is_named_and_a_killed_one_holds_nothing(tmp_path, impatient):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {holder.pid} trains or learns here; end it"):
            hold_run(tmp_path).__enter__()
        holder.kill()
    with hold_run(tmp_path):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_is_free_once_it_was_let_go(tmp_path, impatient):
    for _ in range(2):
        with hold_journal(tmp_path / "journal"), pytest.raises(BusyError, match="writes this jour"):
            hold_journal(tmp_path / "journal").__enter__()


def test_a_predecessor_that_is_about_to_end_is_waited_for(tmp_path):
    first = hold_run(tmp_path)
    first.__enter__()
    timer = threading.Timer(0.2, first.__exit__, (None, None, None))
    timer.start()
    with hold_run(tmp_path):
        timer.join()
        assert (tmp_path / ".lock").exists()


@pytest.mark.parametrize(("number", "expected"), [(errno.ENOLCK, "held"), (errno.EIO, "refused")])
def test_where_the_file_system_knows_no_locks_all_goes_on(
    tmp_path, monkeypatch, impatient, number, expected
):
    def fail(descriptor, operation):
        raise OSError(number, "no")

    monkeypatch.setattr(fcntl, "flock", fail)
    try:
        with hold_run(tmp_path):
            found = "held"
    except OSError:
        found = "refused"
    assert found == expected
