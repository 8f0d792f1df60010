import errno
import json
import os

import pytest

from rl_agent.learning.metrics import METRICS_FILE, MetricsWriter, read_metrics


@pytest.fixture
def no_tensorboard(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard.writer", None)


def test_lines_can_be_read_back(tmp_path, no_tensorboard):
    writer = MetricsWriter(tmp_path)
    writer.write("train", 10, {"loss": 0.5, "bad": float("nan"), "unknown": None})
    writer.write("evaluation", 20, {"return": 3})
    writer.close()
    assert not writer.has_tensorboard
    assert read_metrics(tmp_path) == [
        {"kind": "train", "env_step": 10, "loss": 0.5},
        {"kind": "evaluation", "env_step": 20, "return": 3},
    ]


def test_a_resumed_run_drops_what_it_will_write_again(tmp_path, no_tensorboard):
    writer = MetricsWriter(tmp_path)
    writer.write("train", 10, {"loss": 1.0})
    position = writer.flush()
    writer.write("train", 20, {"loss": 2.0})
    writer.close()
    again = MetricsWriter(tmp_path, env_step=10, position=position)
    again.write("train", 20, {"loss": 3.0})
    again.close()
    assert [line["loss"] for line in read_metrics(tmp_path)] == [1.0, 3.0]


def test_an_unfinished_line_is_left_out(tmp_path):
    assert read_metrics(tmp_path) == []
    whole = json.dumps({"kind": "train", "env_step": 1})
    (tmp_path / METRICS_FILE).write_text(whole + '\n{"kind": "tr')
    assert read_metrics(tmp_path) == [{"kind": "train", "env_step": 1}]


# Three lines of 46 bytes each, so that the checkpoint behind them notes 138.
@pytest.mark.parametrize(
    ("num_bytes", "kept"), [(137, [1, 2]), (92, [1, 2]), (91, [1]), (45, []), (0, [])]
)
def test_a_file_that_a_power_failure_made_shorter_is_gone_on_with(
    tmp_path, no_tensorboard, num_bytes, kept
):
    writer = MetricsWriter(tmp_path)
    for step in (1, 2, 3):
        writer.write("train", step, {"loss": step / 2})
    position = writer.flush()
    writer.close()
    assert position == 3 * 46
    os.truncate(tmp_path / METRICS_FILE, num_bytes)
    again = MetricsWriter(tmp_path, env_step=3, position=position)
    again.write("train", 4, {"loss": 2.0})
    end = again.flush()
    again.close()
    assert [line["env_step"] for line in read_metrics(tmp_path)] == [*kept, 4]
    data = (tmp_path / METRICS_FILE).read_bytes()
    assert b"\0" not in data and end == len(data)


@pytest.mark.parametrize(
    "damage",
    [b"\0" * 30, b"\0\0{}", b"\xff\xfe{}", b"{", b"", b"[1]", b"3", b"[" * 100_000],
    ids=["zeros", "zeros before a line", "no text", "cut", "empty", "list", "number", "deep"],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_that_is_no_object_is_left_out_wherever_it_is(tmp_path, damage, place):
    lines = [json.dumps({"kind": "train", "env_step": step}).encode() for step in (1, 2)]
    lines.insert(place, damage)
    (tmp_path / METRICS_FILE).write_bytes(b"".join(line + b"\n" for line in lines))
    assert [line["env_step"] for line in read_metrics(tmp_path)] == [1, 2]


def test_tensorboard_gets_the_same_figures(tmp_path):
    writer = MetricsWriter(tmp_path)
    writer.write("train", 10, {"loss": 0.5})
    writer.close()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(tmp_path / "tb"))
    board.Reload()
    assert [(event.step, event.value) for event in board.Scalars("train/loss")] == [(10, 0.5)]


class Board:
    """TensorBoard's writer on a disk that may be full."""

    is_full = False
    shown: list

    def __init__(self, folder, purge_step):
        self._write((purge_step,))

    def add_scalar(self, name, value, env_step):
        self._write((name, value, env_step))

    def close(self):
        self._write(("closed",))

    def _write(self, what):
        if Board.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        Board.shown.append(what)


def test_tensorboard_comes_back_once_its_disk_has_room(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.utils.tensorboard.writer.SummaryWriter", Board)
    Board.is_full, Board.shown = True, []
    writer = MetricsWriter(tmp_path)
    assert writer.has_tensorboard
    writer.write("train", 10, {"loss": 1.0})
    writer.flush()
    Board.is_full = False
    writer.flush()
    writer.write("train", 20, {"loss": 2.0})
    Board.is_full = True
    writer.write("train", 30, {"loss": 3.0})
    Board.is_full = False
    writer.write("train", 40, {"loss": 4.0})
    writer.flush()
    writer.write("train", 50, {"loss": 5.0})
    writer.close()
    assert Board.shown == [
        (11,),
        ("train/loss", 2.0, 20),
        (41,),
        ("train/loss", 5.0, 50),
        ("closed",),
    ]
    assert [line["loss"] for line in read_metrics(tmp_path)] == [1.0, 2.0, 3.0, 4.0, 5.0]
