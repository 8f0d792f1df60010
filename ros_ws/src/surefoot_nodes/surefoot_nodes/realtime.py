"""What Linux offers a control process: priority, locked memory, an end with the parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator

PARENT_VARIABLE = "SUREFOOT_PARENT_PID"
"""Set by whoever starts a node, so that it notices a parent that died before it could ask."""
PRIORITY = 40
"""SCHED_FIFO priority of control threads: below the kernel's own interrupt threads (50)."""
BACKGROUND_PRIORITY = 10
"""Of a control process's other threads: an ordinary thread of somebody else must not take the
processor from one that holds the interpreter's lock, and so from the control loop."""
SWITCH_INTERVAL_S = 5e-4
"""Python's default of 5 ms would let another thread keep a control tick waiting that long."""

BACKGROUND_NICE = 10
"""Of processes that only look on: they get what is left of the processor."""

_PR_SET_PDEATHSIG = 1
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask for SIGTERM when the parent dies, however it dies; leave at once if it has."""
    _libc().prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is not None and os.getppid() != int(parent):
        sys.exit(f"the process that started this node (pid {parent}) is gone")


def lock_memory() -> None:
    """Keep touched pages in memory, where that is permitted."""
    if not _memory_obstacle():
        # On fault: locking whole thread stacks would take 8 MB each.
        _libc().mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT)


def _memory_obstacle() -> str:
    # With a limit on locked memory a later allocation could fail: worse than a page fault.
    is_limited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY
    return "memory may be paged out (ulimit -l)" if is_limited and os.geteuid() else ""


def use_fifo(priority: int = PRIORITY) -> str:
    """Give the calling thread real-time priority; return why not, or an empty string."""
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError as error:
        return f"no real-time priority, ticks may come some ms late ({error.strerror}; ulimit -r)"
    return ""


def missing() -> str:
    """Return in one sentence what a control process of ours would lack; empty for nothing."""
    priority = use_fifo()
    use_ordinary()
    return "; ".join(filter(None, (priority, _memory_obstacle())))


def use_ordinary() -> None:
    """Take real-time priority from the calling thread."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@contextlib.contextmanager
def fifo_for_new_threads() -> Iterator[None]:
    """Let threads that start within inherit real-time priority: the middleware's own ones."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except OSError:
        yield
        return
    try:
        yield
    finally:
        use_ordinary()


@contextlib.contextmanager
def background_for_new_threads() -> Iterator[None]:
    """Let threads that start within inherit what a control process's other threads have."""
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(BACKGROUND_PRIORITY))
    except OSError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


def stand_back() -> None:
    """Let this whole process, and threads that it starts from now on, stand back for good."""
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or stands further back already
            os.setpriority(os.PRIO_PROCESS, int(thread), BACKGROUND_NICE)
