"""Each trip of a running gate leaves a box; the robot is none the wiser."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from ros_processes import Witness, running_graph

from rl_agent.data.black_box import BlackBoxConfig
from rl_agent.robots.profile import load_robot

pytest.importorskip("rclpy", reason="no ROS here: source it, or use x86-64 Linux")
pytest.importorskip("rosbags", reason="black boxes need the `data` extra")
pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")


def cpu_s(pid):
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def wait_for_boxes(witness, folder, count):
    def there():
        return [path for path in sorted(folder.glob("trip-*")) if (path / "trip.json").exists()]

    witness.until(lambda: len(there()) >= count, why=lambda: f"not {count} boxes: {there()}")
    return there()


def wait_until_moving(graph, witness):
    applied = witness.seen["applied_command"]
    witness.until(
        lambda: witness.state == "ARMED" and applied.messages and witness.speed > 0.3,
        why=graph.output,
    )


def rearm(graph, witness):
    witness.until(lambda: witness.speed < 0.02)
    # For some seconds after its death a killed policy counts as a second publisher.
    witness.until(lambda: witness.trigger("reset").success)
    witness.until(lambda: witness.arm().success, why=graph.output)
    wait_until_moving(graph, witness)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxes") / "new" / "boxes"
    log = folder.parent.parent / "up.log"
    arguments = ("twin", "--actor", "dls", "--goal-period", "1", "--blackbox", str(folder))
    told = {"folder": folder}
    with (
        running_graph(*arguments, log=log) as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        graph.wait_until_running()
        wait_until_moving(graph, witness)
        pid = graph.pids()["blackbox_node"]
        before_s, start_s = cpu_s(pid), time.monotonic()
        witness.spin(4.0)
        told["cpu_share"] = (cpu_s(pid) - before_s) / (time.monotonic() - start_s)
        told["nice"] = psutil.Process(pid).nice()
        witness.trigger("estop")
        told["estop"] = wait_for_boxes(witness, folder, 1)[0]
        rearm(graph, witness)
        witness.arm(False)
        witness.until(lambda: witness.state == "UNARMED")
        rearm(graph, witness)
        witness.spin(BlackBoxConfig().gap_s)  # a trip right after the last one gets no box
        os.kill(graph.pids()["policy_node"], signal.SIGKILL)
        told["policy"] = wait_for_boxes(witness, folder, 2)[1]
        inactive = {"policy_node": "inactive"}
        witness.until(lambda: witness.lifecycle.states(["policy_node"], 1.0) == inactive)
        assert witness.lifecycle.change(["policy_node"], "activate", 5.0)["policy_node"]
        os.kill(graph.pids()["blackbox_node"], signal.SIGKILL)
        witness.until(lambda: "blackbox_node is back" in graph.output(), why=graph.output)
        gate = graph.pids()["safety_node"]
        rearm(graph, witness)
        # Looking for processes takes a while, in which an arm may have arrived.
        wait_until_moving(graph, witness)
        os.kill(gate, signal.SIGKILL)
        told["gate"] = wait_for_boxes(witness, folder, 3)[2]
        graph.interrupt()
        told["output"] = graph.output()
    return told


def about(box):
    return json.loads((box / "trip.json").read_text())


def test_an_estop_leaves_a_box_that_says_so(told):
    found = about(told["estop"])
    assert (found["state"], found["reasons"]) == ("STOPPED", ["ESTOP"])
    assert found["robot"] == "so101"
    assert found["messages"]["/joint_states"] > 500
    assert found["messages"]["/safety_state"] >= 2
    assert found["messages_crowded_out"] == 0


def test_a_dead_policy_leaves_a_box_and_disarming_leaves_none(told):
    assert about(told["policy"])["reasons"] == ["STALE_PROPOSAL", "SILENT"]
    assert len(list(told["folder"].glob("trip-*"))) == 3


def test_a_dead_gate_cannot_say_so_but_leaves_a_box_all_the_same(told):
    assert about(told["gate"])["reasons"] == ["GATE_SILENT"]


def explained(box):
    command = [sys.executable, "-m", "rl_agent.cli.main", "explain", str(box), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_explain_names_cause_reaction_and_standstill(told):
    found = explained(told["policy"])
    assert found["trip"]["reasons"] == ["STALE_PROPOSAL", "SILENT"]
    assert found["braking"]["cause"] == "the last proposal"
    within_s = SPEC.proposal_timeout_s + SPEC.gate_period_s + 0.010
    assert found["braking"]["first_command_s"] <= within_s
    assert found["braking"]["commanded_rest_s"] <= 0.3
    assert found["limits"]["are_kept"] is True
    policy = next(source for source in found["sources"] if source["name"] == "policy")
    # The box notes when it received both, and stands behind everybody else for the processor.
    assert policy["age_s"] == pytest.approx(0.5, abs=0.1)


def test_explain_names_an_estop_and_a_dead_gate(told):
    assert "e-stop" in explained(told["estop"])["trip"]["cause"]
    gate = explained(told["gate"])
    assert gate["braking"]["cause"] == "the gate's last command"
    assert gate["braking"]["first_command_s"] is None
    assert gate["braking"]["measured_rest_s"] <= 0.5


def test_profile_lies_beside_the_recording(told):
    assert load_robot(told["estop"] / "profile.yaml").joint_names == SPEC.joint_names


def test_whoever_watches_is_told_where_the_box_is(told):
    assert f"surefoot explain {told['estop']}" in told["output"]
    assert "Traceback" not in told["output"]


def test_the_black_box_is_a_light_process_behind_all_others(told):
    assert told["nice"] >= 10
    assert told["cpu_share"] < 0.15
