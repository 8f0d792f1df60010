import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rl_agent.child import Child, stop_all

READY = "print('ready', flush=True);"
PATIENT = READY + "import time; time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);" + PATIENT


def start(code, **options):
    return Child([sys.executable, "-S", "-c", code], **options)


def wait_for_line(child):
    return child.lines.readline().strip()


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_its_output_and_status_are_known():
    child = start("print('hello'); raise SystemExit(3)", reads_output=True)
    assert wait_for_line(child) == "hello"
    assert child.wait(10.0) == 3
    child.kill()


def test_a_listening_child_ends_by_itself():
    child = start(PATIENT, reads_output=True)
    assert wait_for_line(child) == "ready"
    assert child.stop(5.0) in (-signal.SIGINT, 1)
    assert not is_running(child.pid)


def test_a_stubborn_child_is_killed_with_its_own_children():
    code = (
        "import subprocess, sys;"
        "inner = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)']);"
        "print(inner.pid, flush=True);"
    ) + STUBBORN
    child = start(code, reads_output=True)
    inner = int(wait_for_line(child))
    assert wait_for_line(child) == "ready"
    assert child.stop(0.2) is None
    assert not is_running(child.pid)
    deadline = time.monotonic() + 5.0
    while is_running(inner) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(inner)


def test_several_stop_at_the_same_time():
    children = [start(STUBBORN, reads_output=True) for _ in range(3)]
    assert [wait_for_line(child) for child in children] == ["ready"] * 3
    started = time.monotonic()
    assert stop_all(children, 0.3) == [None, None, None]
    assert time.monotonic() - started < 0.9


def test_it_runs_in_a_group_of_its_own():
    child = start(PATIENT, reads_output=True)
    assert os.getpgid(child.pid) == child.pid != os.getpgrp()
    child.stop(0.0)


def test_it_dies_with_a_killed_parent():
    code = (
        "import sys; from rl_agent.child import Child;"
        "child = Child([sys.executable, '-S', '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, flush=True); import time; time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    inner = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5.0
    while is_running(inner) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(inner)


def test_the_log_keeps_its_last_words(tmp_path):
    log = tmp_path / "child.log"
    child = start("print('first\\nsecond')", log=log)
    assert child.wait(10.0) == 0
    child.kill()
    assert child.last_words(1) == "second"


def test_a_child_that_is_not_read_has_no_lines(tmp_path):
    child = start("pass", log=tmp_path / "child.log")
    with pytest.raises(ValueError, match="not read"):
        _ = child.lines
    child.kill()
