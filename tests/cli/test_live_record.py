"""live.html from a run's folder: whatever is missing there, and whatever the disk says."""

import errno
import sys
from contextlib import closing

import pytest
from transitions import LAYOUT, transition

from rl_agent.cli import live_record
from rl_agent.cli.live_record import PAGE, Ending, page_line, write_page
from rl_agent.data.journal import JournalWriter
from rl_agent.judging.label import LABELS, Label
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.run_folder import journal_dir, write_config

ENDING = Ending(
    whom="a real so101",
    task="reach",
    policy_hz=20.0,
    next_steps=[("Go on with:", "surefoot live robot --resume --out there")],
    last_look=[("falls", "3")],
)


@pytest.fixture
def run_dir(tmp_path):
    write_config(tmp_path, TrainConfig(env="sim:So101Reach-v0", seed=7))
    return tmp_path


def test_a_run_whose_learner_is_elsewhere_has_its_journal_alone(run_dir):
    with closing(JournalWriter(journal_dir(run_dir), LAYOUT)) as writer:
        for index in range(60):
            writer.append(transition(index, truncated=index == 39))
    page = write_page(run_dir, ENDING).read_text()
    assert "1 episodes in 0.0 minutes" in page
    for words in ("a real so101", "60 steps, 0.1 min", "sac, seed 7", "The limiter", "<td>3</td>"):
        assert words in page
    assert "surefoot live robot --resume --out there" in page


def test_a_robot_without_pytorch_writes_it_too(run_dir, monkeypatch):
    for name in ("torch", "gymnasium"):
        for loaded in [m for m in sys.modules if m == name or m.startswith(name + ".")]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setitem(sys.modules, name, None)
    assert write_page(run_dir, ENDING).exists()


def test_verdicts_are_counted_by_who_gave_them(run_dir):
    values = {
        "env_step": 1,
        "unix_s": 0.0,
        "task": {},
        "policy_hz": 20.0,
        "context": [],
        "goal": [],
    }
    said = [Label(judge="human", is_success=good, **values) for good in (True, True, False)]
    (run_dir / LABELS).write_text("".join(label.to_json() + "\n" for label in said))
    assert (
        "judged by human</th><td>2 successes, 1 failures" in write_page(run_dir, ENDING).read_text()
    )


def test_a_full_disk_is_told_and_nothing_else_is_lost(run_dir, monkeypatch):
    def refuse(path, data):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("rl_agent.data.disk.write_durably", refuse)
    line = page_line(run_dir, ENDING)
    assert line.startswith("What became of it was not written: ")
    assert "No space left on device" in line and not (run_dir / PAGE).exists()


def test_figures_that_a_power_failure_spoilt_do_not_keep_the_page_from_being_written(run_dir):
    with (run_dir / "metrics.jsonl").open("ab") as file:
        file.write(b"\0" * 100 + b"\n")
    assert page_line(run_dir, ENDING) == f"What became of it: {run_dir / PAGE}"


@pytest.mark.parametrize("text", ["", "{"])
def test_a_folder_that_does_not_hold_is_told_too(run_dir, text):
    (run_dir / "config.yaml").write_text(text)
    assert page_line(run_dir, ENDING).startswith("What became of it was not written: ")
    assert live_record.PAGE == "live.html"
