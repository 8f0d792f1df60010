"""Who stands back does so with all its threads, those to come included."""

import json
import subprocess
import sys

PROGRAM = """
import json, os, threading
from surefoot_nodes import realtime

started, go = threading.Event(), threading.Event()
early = threading.Thread(target=lambda: (started.set(), go.wait()))
early.start()
started.wait()
realtime.stand_back()
realtime.stand_back()  # a second time changes nothing
found = [os.getpriority(os.PRIO_PROCESS, int(t)) for t in os.listdir("/proc/self/task")]
late = threading.Thread(
    target=lambda: found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
)
late.start()
late.join()
go.set()
print(json.dumps([realtime.BACKGROUND_NICE, found]))
"""


def test_all_threads_of_a_process_stand_back():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    nice, found = json.loads(done.stdout)
    assert found == [nice] * 3
