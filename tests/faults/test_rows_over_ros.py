"""A selection of the fault table with real processes; `surefoot faults` runs all of it."""

import json
import subprocess
import sys

import pytest
from ros_processes import fresh_domain

pytest.importorskip("rclpy", reason="no ROS here: source it, or use x86-64 Linux")
pytestmark = [pytest.mark.ros, pytest.mark.slow]
SELECTION = (1, 2, 14, 19, 36)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("faults")
    words = [word for number in SELECTION for word in ("--row", str(number))]
    command = [sys.executable, "-m", "rl_agent.cli.main", "faults", "--quick", "--out", str(out)]
    finished = subprocess.run(
        [*command, *words, "--domain", str(fresh_domain())],
        capture_output=True,
        text=True,
        timeout=280,
    )
    return finished, json.loads((out / "faults.json").read_text())


def test_every_chosen_row_is_in_the_table(run):
    assert [row["number"] for row in run[1]["rows"]] == list(SELECTION)


@pytest.mark.parametrize("number", SELECTION)
def test_row_passes(run, number):
    found = next(row for row in run[1]["rows"] if row["number"] == number)
    assert found["verdict"] == "passed", found["detail"]


def test_status_and_progress(run):
    finished, _ = run
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert "Traceback" not in finished.stderr
    assert all(f"{number}. " in finished.stderr for number in SELECTION)
