"""A disk that is full for a while delays a training, and changes nothing else."""

import errno
import os
import subprocess
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import pytest
from small_training import StopAfter, assert_same_end, small_config

from rl_agent.data import disk, journal, whole_folder
from rl_agent.exceptions import DiskFullError
from rl_agent.learning import metrics, run_folder, training
from rl_agent.learning.metrics import MetricsWriter
from rl_agent.learning.training import TrainHooks, train

CONFIG = {"num_steps": 60, "health_every": 20, "agent": {"num_qs": 2}}


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("runs") / "whole"
    train(small_config(**CONFIG), run_dir)
    return run_dir


def without_sleep(monkeypatch, nap):
    monkeypatch.setattr(training, "WaitForRoom", partial(disk.WaitForRoom, sleep=nap))


def failing(function, is_full):
    def write(*args):
        if next(is_full):
            raise OSError(errno.ENOSPC, "No space left on device")
        return function(*args)

    return write


def now_and_then():
    """Every seventh write fails, and the try after it."""
    while True:
        yield from [False] * 6 + [True, True]


@pytest.mark.parametrize(
    ("module", "name"),
    [(journal, "append_whole"), (metrics, "append_whole"), (whole_folder, "write_durably")],
)
def test_a_run_that_had_to_wait_ends_as_one_that_had_not(
    whole_run, tmp_path, monkeypatch, module, name
):
    monkeypatch.setattr(metrics, "BUFFER_BYTES", 1)
    without_sleep(monkeypatch, lambda seconds: None)
    monkeypatch.setattr(module, name, failing(getattr(module, name), now_and_then()))
    messages = []
    train(small_config(**CONFIG), tmp_path / "run", hooks=TrainHooks(on_message=messages.append))
    assert any("DISK FULL" in message for message in messages)
    assert_same_end(whole_run, tmp_path / "run")


@pytest.mark.parametrize("is_resumed", [False, True])
@pytest.mark.parametrize(
    ("module", "name"), [(run_folder, "write_durably"), (MetricsWriter, "_open")]
)
def test_a_start_on_a_full_disk_waits(whole_run, tmp_path, monkeypatch, module, name, is_resumed):
    if is_resumed:
        train(small_config(**CONFIG), tmp_path / "run", stop=StopAfter(40))
    without_sleep(monkeypatch, lambda seconds: None)
    is_full = chain([True, True], repeat(False))
    monkeypatch.setattr(module, name, failing(getattr(module, name), is_full))
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    train(small_config(**CONFIG), tmp_path / "run", should_resume=is_resumed, hooks=hooks)
    assert any("DISK FULL" in message for message in messages)
    assert any("room again" in message for message in messages)
    assert_same_end(whole_run, tmp_path / "run")


def test_a_run_stopped_while_it_waits_goes_on_from_its_checkpoint(whole_run, tmp_path, monkeypatch):
    with monkeypatch.context() as full:
        without_sleep(full, lambda seconds: None)
        room = iter([False] * 30 + [True] * 1000)
        full.setattr(journal, "append_whole", failing(journal.append_whole, room))
        with pytest.raises(DiskFullError, match="journal"):
            train(small_config(**CONFIG), tmp_path / "run", stop=StopAfter(40))
    train(small_config(**CONFIG), tmp_path / "run", should_resume=True)
    assert_same_end(whole_run, tmp_path / "run")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB, where one may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_really_full_is_waited_for(whole_run, small_disk, monkeypatch):
    ballast, naps = small_disk / "ballast", []

    def fill(message):
        if message.startswith("update:"):
            free = os.statvfs(small_disk)
            # A few kB: the journal begins, and the first checkpoint does not fit.
            ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - 20_000))

    def make_room(seconds):
        naps.append(seconds)
        if len(naps) == 3:
            ballast.unlink()

    without_sleep(monkeypatch, make_room)
    messages = []

    def note(message):
        messages.append(message)
        fill(message)

    train(small_config(**CONFIG), small_disk / "run", hooks=TrainHooks(on_message=note))
    assert len(naps) == 3
    assert any("DISK FULL" in message and "checkpoints" in message for message in messages)
    assert_same_end(whole_run, Path(small_disk / "run"))


@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_disk_that_is_full_from_the_start_is_waited_for(
    whole_run, small_disk, monkeypatch, is_resumed
):
    run_dir, ballast = small_disk / "run", small_disk / "ballast"
    if is_resumed:
        train(small_config(**CONFIG), run_dir, stop=StopAfter(40))
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    without_sleep(monkeypatch, lambda seconds: ballast.unlink())
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    train(small_config(**CONFIG), run_dir, should_resume=is_resumed, hooks=hooks)
    assert "DISK FULL" in messages[0] and "config.yaml" in messages[0]
    assert_same_end(whole_run, run_dir)
