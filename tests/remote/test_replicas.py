import errno
import fcntl
import os
from contextlib import closing

import pytest
from links import SMALL

from rl_agent.exceptions import RemoteError
from rl_agent.remote.replicas import Replicas


def replicas(folder):
    return Replicas(folder, SMALL, max_robots=2)


def test_a_second_learner_is_told_who_writes_there_and_may_once_that_one_has_ended(tmp_path):
    with (
        closing(replicas(tmp_path)),
        pytest.raises(RemoteError, match=rf"another learner writes .*\(process {os.getpid()}\)"),
    ):
        replicas(tmp_path)
    with closing(replicas(tmp_path)) as later:
        assert later.all() == {}


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOLCK, "held"), (errno.EIO, f"cannot be written to: {os.strerror(errno.EIO)}")],
)
def test_a_file_system_without_locks_is_no_other_learner(tmp_path, monkeypatch, number, expected):
    def fail(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    try:
        replicas(tmp_path).close()
        found = "held"
    except RemoteError as error:
        found = str(error)
    assert found.removeprefix(f"{tmp_path}: ") == expected
