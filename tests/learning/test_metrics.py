import json

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


def test_tensorboard_gets_the_same_figures(tmp_path):
    writer = MetricsWriter(tmp_path)
    writer.write("train", 10, {"loss": 0.5})
    writer.close()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(tmp_path / "tb"))
    board.Reload()
    assert [(event.step, event.value) for event in board.Scalars("train/loss")] == [(10, 0.5)]
