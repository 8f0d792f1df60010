"""Keys in a terminal: a child of ours on a pseudo-terminal plays `surefoot up`."""

import fcntl
import os
import pty
import subprocess
import sys
import termios
import time

import pytest

CHILD = """
import sys, time
from surefoot_nodes.keys import watch_keys
others = {"g": lambda: print("GO", flush=True)}
with watch_keys(lambda: print("STOP", flush=True), others=others) as has_keys:
    print("watching" if has_keys else "no terminal", flush=True)
    time.sleep(float(sys.argv[1]))
print("end", flush=True)
"""


def controlling_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal():
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def start(theirs, duration_s="2"):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, duration_s],
        stdin=theirs,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=controlling_terminal,
    )


@pytest.mark.parametrize("key", [b" ", b"s", b"S", b"xs"])
def test_a_key_stops_at_once_and_without_enter(terminal, key):
    ours, theirs = terminal
    before = termios.tcgetattr(theirs)
    with start(theirs, "0.6") as child:
        assert child.stdout.readline() == "watching\n"
        pressed_s = time.monotonic()
        os.write(ours, key)
        assert child.stdout.readline() == "STOP\n"
        assert time.monotonic() - pressed_s < 0.3
        assert child.stdout.readline() == "end\n"
    assert termios.tcgetattr(theirs) == before


def test_other_keys_do_nothing(terminal):
    ours, theirs = terminal
    with start(theirs, "0.5") as child:
        assert child.stdout.readline() == "watching\n"
        os.write(ours, b"abc\n")
        assert child.stdout.readline() == "end\n"


def test_a_key_with_a_meaning_of_its_own_comes_after_a_stop(terminal):
    ours, theirs = terminal
    with start(theirs, "0.6") as child:
        assert child.stdout.readline() == "watching\n"
        os.write(ours, b"xg s")
        assert [child.stdout.readline() for _ in range(3)] == ["STOP\n", "GO\n", "end\n"]


def test_without_a_terminal_nothing_is_read():
    child = subprocess.run(
        [sys.executable, "-c", CHILD, "0"], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert child.stdout == "no terminal\nend\n"


def test_a_background_job_leaves_the_terminal_alone(terminal):
    _, theirs = terminal
    # It is a terminal, but not the one that this process belongs to.
    child = subprocess.run(
        [sys.executable, "-c", CHILD, "0"], stdin=theirs, capture_output=True, text=True
    )
    assert child.stdout == "no terminal\nend\n"
