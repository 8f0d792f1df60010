import os

import numpy as np
import pytest
from transitions import LAYOUT, transition

from rl_agent.data.replay_buffer import ReplayBuffer
from rl_agent.data.row_memory import allocate_rows


def test_rows_in_a_file_begin_as_zeros_and_keep_what_is_written(tmp_path):
    rows = allocate_rows(LAYOUT, 1000, tmp_path)
    assert (rows.dtype, rows.shape) == (LAYOUT.row_dtype, (1000,))
    assert not rows.view(np.uint8).any()
    rows["reward"][3] = 2.5
    assert rows["reward"][2:5].tolist() == [0.0, 2.5, 0.0]


def test_the_file_has_no_name_that_a_killed_process_could_leave_behind(tmp_path):
    rows = allocate_rows(LAYOUT, 10, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert rows.flags.writeable


def test_a_buffer_in_a_file_is_like_one_in_memory(tmp_path):
    buffers = [ReplayBuffer(LAYOUT, 16, gamma=0.5, n_step=3, folder=f) for f in (None, tmp_path)]
    for replay in buffers:
        for index in range(40):
            replay.add(transition(index, terminated=index % 7 == 6))
    own, other = (replay.sample(64, np.random.default_rng(0)) for replay in buffers)
    for name in ("obs", "action", "reward", "discount", "next_obs"):
        assert np.array_equal(getattr(own, name), getattr(other, name))
        assert type(getattr(other, name)) is np.ndarray


def test_a_disk_without_room_is_told_before_anything_is_written(tmp_path, monkeypatch):
    def refuse(descriptor, offset, size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="No space"):
        allocate_rows(LAYOUT, 1000, tmp_path)
