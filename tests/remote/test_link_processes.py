"""Robot and learner as processes: killed without warning, and with the network taken away."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from links import digest, free_port
from waiting import wait_until

from rl_agent.data.journal import JournalReader
from rl_agent.exceptions import JournalError
from rl_agent.remote.shared_key import make_shared_key_file

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests/support/link_process.py"


@pytest.fixture
def started(tmp_path):
    """Start a process of the script; all are gone at the end."""
    processes = []
    log = (tmp_path / "log.txt").open("w")

    def start(*arguments, before=()):
        path = os.pathsep.join([str(ROOT), str(SCRIPT.parent)])
        processes.append(
            subprocess.Popen(
                [*before, sys.executable, str(SCRIPT), *map(str, arguments)],
                env=os.environ | {"PYTHONPATH": path},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait(20.0)
    log.close()


@pytest.fixture
def key_file(tmp_path):
    make_shared_key_file(tmp_path / "link.key")
    return tmp_path / "link.key"


def num_rows(directory):
    try:
        return len(JournalReader(directory).read().rows)
    except JournalError:
        return 0


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(20.0)


def check_copy(tmp_path, count):
    run, copy = tmp_path / "run", tmp_path / "learner/arm-1"
    wait_until(lambda: num_rows(copy) == count, 60.0)
    assert JournalReader(copy).read().rows["reward"].tolist() == list(range(count))
    assert digest(copy) == digest(run)


@pytest.mark.parametrize("victims", [["robot"], ["learner"], ["robot", "learner"]], ids=str)
def test_kill_9_loses_and_repeats_nothing(tmp_path, started, key_file, victims):
    port, copy, count = free_port(), tmp_path / "learner/arm-1", 1500
    arguments = {
        "learner": ("learner", tmp_path / "learner", "127.0.0.1", port, key_file),
        "robot": ("robot", tmp_path / "run", "127.0.0.1", port, key_file, count),
    }
    processes = {name: started(*arguments[name]) for name in arguments}
    for at_least in (100, 400, 800):
        wait_until(lambda least=at_least: num_rows(copy) >= least, 60.0)
        for name in victims:
            kill(processes[name])
            processes[name] = started(*arguments[name])
    check_copy(tmp_path, count)


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=20.0)


@pytest.fixture
def two_networks():
    """Two network namespaces, joined by a cable: names, the learner's address, the cable's end."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and ip for network namespaces")
    here, there = f"sf-robot-{os.getpid()}", f"sf-learn-{os.getpid()}"
    ends = f"sfr{os.getpid()}", f"sfl{os.getpid()}"
    try:
        for name in (here, there):
            ip("netns", "add", name)
        ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for name, end, address in ((here, ends[0], "10.77.7.1"), (there, ends[1], "10.77.7.2")):
            ip("link", "set", end, "netns", name)
            ip("-n", name, "address", "add", f"{address}/24", "dev", end)
            ip("-n", name, "link", "set", end, "up")
    except subprocess.CalledProcessError as error:
        remove(here, there)
        pytest.skip(f"network namespaces are not permitted: {error.stderr.decode().strip()}")
    yield here, there, ends[0]
    remove(here, there)


def remove(*names):
    for name in names:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, timeout=20.0)


def test_a_cable_that_is_pulled_loses_nothing(tmp_path, started, key_file, two_networks):
    here, there, end = two_networks
    copy, count, port = tmp_path / "learner/arm-1", 2500, 7461
    inside = [("ip", "netns", "exec", name) for name in (here, there)]
    place = tmp_path / "learner", "10.77.7.2", port, key_file
    started("learner", *place, before=inside[1])
    started("robot", tmp_path / "run", *place[1:], count, before=inside[0])
    wait_until(lambda: num_rows(copy) >= 200, 60.0)
    ip("-n", here, "link", "set", end, "down")
    # The robot goes on; the cable is out for longer than both take each other for alive.
    wait_until(lambda: num_rows(tmp_path / "run") >= 1200, 60.0)
    log = tmp_path / "log.txt"
    wait_until(lambda: log.read_text().count("nothing was heard") >= 2, 60.0)
    held, down_s = num_rows(copy), time.monotonic()
    assert held < 1200
    wait_until(lambda: time.monotonic() - down_s > 1.0)
    assert num_rows(copy) == held
    ip("-n", here, "link", "set", end, "up")
    check_copy(tmp_path, count)
