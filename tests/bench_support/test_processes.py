import os
import subprocess
import sys
import time

import pytest
from bench.processes import child_running, mapped_files, memory_mb


@pytest.fixture
def waiting_child():
    # `-m code` reads its program from stdin and so waits until that is closed.
    process = subprocess.Popen([sys.executable, "-m", "code", "-q"], stdin=subprocess.PIPE)
    yield process
    process.communicate()


def test_a_child_is_found_by_the_module_it_runs(waiting_child):
    # A child that was just forked still has our own command line.
    deadline_s = time.monotonic() + 10.0
    while child_running(os.getpid(), "code") is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert child_running(os.getpid(), "code") == waiting_child.pid


@pytest.mark.parametrize(("parent", "module"), [(1, "code"), (os.getpid(), "surefoot_nodes.none")])
def test_other_peoples_children_and_other_modules_are_not_taken(parent, module, waiting_child):
    assert waiting_child.poll() is None
    assert child_running(parent, module) is None


def test_memory_is_in_megabytes_and_below_its_peak():
    resident, peak = memory_mb(os.getpid())
    assert 5.0 < resident <= peak < 10_000.0


def test_mapped_files_are_those_whose_path_has_the_part():
    found = mapped_files(os.getpid(), "libc")
    assert found
    assert all("libc" in name for name in found)
    assert mapped_files(os.getpid(), "no such library") == []
