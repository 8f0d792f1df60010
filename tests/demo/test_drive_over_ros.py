"""The drive with real processes: reaching, being recorded, being interrupted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="no ROS here: source it, or use x86-64 Linux")
pytest.importorskip("rosbags")

from rl_agent.exceptions import GraphError
from rl_agent.reporting.limit_audit import audit_commands
from rl_agent.reporting.recording import read_recording
from rl_agent.robots.profile import load_robot
from surefoot_nodes.demo_drive import drive
from surefoot_nodes.demo_plan import DemoPlan

pytestmark = pytest.mark.ros
SPEC = load_robot("so101")
INTERRUPTED_S = 3.0
# The whole verb, with the damped-least-squares controller alone and nothing trained.
DEMO = """
import sys
from pathlib import Path
from surefoot_nodes import demo, demo_plan, demo_training
from rl_agent.reporting.report import Training
training = Training(env_steps=1, gradient_steps=1, seconds=1.0)
demo_training.train_policy = lambda plan: demo_training.TrainingOutcome(training, None)
demo_training.export_policy = lambda plan: "nothing"
demo_plan.CONTROLLERS = ("dls",)
out = Path(sys.argv[1])
sys.exit(demo.demo_verb("so101", out, seed=0, quick=True, fresh=False, domain=None))
"""


class FewTargets(DemoPlan):
    def num_targets(self, controller):
        return 2


def test_targets_are_reached_and_every_command_is_recorded_inside_the_limits(tmp_path):
    seen = []
    result = drive(FewTargets(out=tmp_path), SPEC, "dls", seen.append)
    assert [trial.is_success for trial in result.trials] == [True, True]
    assert list(result.trials) == seen
    np.testing.assert_allclose(result.recording.goals, [trial.goal_m for trial in seen])
    audit = audit_commands(SPEC, result.recording.applied.trace())
    assert audit.violations == 0
    assert audit.num_ticks > 300


def test_a_graph_that_cannot_start_is_told_in_its_own_words(tmp_path):
    (tmp_path / "bundle").mkdir()
    with pytest.raises(GraphError, match="manifest"):
        drive(FewTargets(out=tmp_path), SPEC, "policy", lambda trial: None)


def wait_for(path, text, timeout_s=60.0):
    deadline = time.monotonic() + timeout_s
    while not (path.exists() and text in path.read_text()):
        assert time.monotonic() < deadline, f"{path} never said {text!r}"
        time.sleep(0.05)


def processes_in(domain):
    mark = f"ROS_DOMAIN_ID={domain}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_an_interrupt_while_driving_brakes_and_ends_everything_within_three_seconds(tmp_path):
    domain = 100
    process = subprocess.Popen(
        [sys.executable, "-c", DEMO, str(tmp_path)],
        env={key: value for key, value in os.environ.items() if key != "MAKELEVEL"}
        | {"ROS_DOMAIN_ID": str(domain)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(tmp_path / "logs/drive-dls.log", "proposals are fresh")
        time.sleep(1.5)  # the first target is given, the arm moves
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20.0)
    finally:
        process.kill()
        process.wait()
    assert time.monotonic() - started < INTERRUPTED_S
    assert process.returncode == 130
    assert "goes on where it stopped with: surefoot demo --out" in errors
    assert "Traceback" not in errors
    assert processes_in(domain) == []
    applied = read_recording(tmp_path / "recordings/dls", SPEC).applied
    assert np.ptp(applied.position[:-1], axis=0).max() > 0.1  # it did move
    np.testing.assert_array_equal(applied.position[-1], applied.position[-2])
    assert audit_commands(SPEC, applied.trace()).violations == 0
