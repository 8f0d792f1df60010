"""For tests of threads and processes: wait for what they do, never for a time."""

import threading
import time


def wait_until(holds, timeout_s=30.0):
    """Return what `holds` returns, as soon as that is true."""
    deadline_s = time.monotonic() + timeout_s
    while not (found := holds()):
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.005)
    return found


def threads_named(name):
    """Return the living threads of that name."""
    return [thread for thread in threading.enumerate() if thread.name == name]
