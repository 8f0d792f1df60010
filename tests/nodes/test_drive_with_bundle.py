"""An exported policy drives the twin: recorded by an independent process, and measured."""

import json
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from bundles import make_bundle
from ros_processes import Witness, running_graph

from rl_agent.reporting.recording import read_recording
from rl_agent.reporting.timing import answer_latencies, interval_statistics
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from sim.kinematics import MujocoKinematics

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101", policy_hz=50.0)
SECONDS = 6.0
MOST_MB = 150
COUNTED = ("policy_node", "safety_node")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    task = make_task("reach", SPEC, MujocoKinematics(SPEC))
    return make_bundle(tmp_path_factory.mktemp("drive") / "bundle", SPEC, task)


@pytest.fixture(scope="module")
def told(bundle, tmp_path_factory):
    pytest.importorskip("rosbags", reason="the recorder needs the `data` extra")
    folder = tmp_path_factory.mktemp("drive")
    record = folder / "recording"
    arguments = ("twin", "--bundle", str(bundle), "--record", str(record), "--goal-period", "1")
    told = {}
    with running_graph(*arguments, log=folder / "up.log") as graph:
        with Witness(graph.domain, SPEC, watches_controller=False) as witness:
            graph.wait_until_running()
            witness.until(lambda: witness.state == "ARMED", why=graph.output)
            witness.spin(1.0)
        # The witness is gone: from here on nobody but the recorder listens.
        time.sleep(SECONDS)
        pids = graph.pids()
        told["memory_mb"] = {
            name: psutil.Process(pids[name]).memory_info().rss / 1e6 for name in COUNTED
        }
        told["maps"] = {name: Path(f"/proc/{pids[name]}/maps").read_text() for name in COUNTED}
        told["exit"], told["exit_s"] = graph.interrupt()
        told["output"] = graph.output()
    told["recording"] = read_recording(record, SPEC)
    return told


def test_policy_and_gate_run_at_their_rates(told):
    recording = told["recording"]
    for series, period_s in (
        (recording.proposals, SPEC.policy_period_s),
        (recording.applied, SPEC.gate_period_s),
    ):
        statistics = interval_statistics(series.received_s[20:], period_s)
        assert statistics.median_s == pytest.approx(period_s, rel=0.05)
        assert statistics.late_share < 0.05


def test_command_follows_its_reading_within_half_a_period(told):
    recording = told["recording"]
    latencies = answer_latencies(
        recording.measurements.arrivals(), recording.applied.policy_arrivals()
    )
    assert len(latencies) > 0.9 * SECONDS * SPEC.policy_hz
    # The benchmark path-e holds it to 3 ms; a slow, shared machine took 6.3 ms here.
    assert np.median(latencies) <= SPEC.policy_period_s / 2


def test_every_tick_is_recorded_once(told):
    ticks = told["recording"].applied.ticks
    assert len(ticks) > 0.9 * SECONDS * SPEC.gate_hz
    assert np.all(np.diff(ticks) >= 1)
    assert np.mean(np.diff(ticks) == 1) > 0.99


def test_goals_are_recorded(told):
    assert len(told["recording"].goals) >= SECONDS - 1


def test_arm_moves(told):
    assert np.ptp(told["recording"].measurements.position, axis=0).max() > 0.05


@pytest.mark.parametrize("name", COUNTED)
def test_process_is_small_and_free_of_torch(told, name):
    assert told["memory_mb"][name] <= MOST_MB
    assert "torch" not in told["maps"][name]


def test_gate_needs_neither_policy_nor_twin(told):
    assert "onnxruntime" not in told["maps"]["safety_node"]
    assert "mujoco" not in told["maps"]["safety_node"]


def test_interrupt_leaves_a_whole_recording(told):
    assert told["exit"] == 130
    assert told["exit_s"] <= 3.0
    assert "Traceback" not in told["output"]


def test_flipped_bundle_is_refused_before_anything_starts(bundle, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in bundle.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    model = bytearray((broken / "policy.onnx").read_bytes())
    model[len(model) // 2] ^= 1
    (broken / "policy.onnx").write_bytes(bytes(model))
    with running_graph("twin", "--bundle", str(broken), log=tmp_path / "up.log") as graph:
        assert graph.process.wait(30) == 2
        output = graph.output()
    assert "sha256" in output
    assert "Traceback" not in output


def test_manifest_of_the_bundle_is_read_for_task_and_rate(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["task"] == "reach"
    assert manifest["contract"]["policy_hz"] == 50.0
