import os
import signal
import sys
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from rl_agent.child import Child
from rl_agent.data.journal_thread import CLOSE_S
from surefoot_nodes.graph import GraphConfig, NodeSpec, make_graph
from surefoot_nodes.learner_node import JOIN_S
from surefoot_nodes.node import TOGETHER_S, StopSignal
from surefoot_nodes.stopping import GRACE_S, shutdown_s, stop_children
from surefoot_nodes.supervisor import Supervisor, node_command, status_line

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
)


def sleeper(prologue=""):
    code = f"{prologue or 'print(1, flush=True)'}\nimport time; time.sleep(60)"
    child = Child([sys.executable, "-c", code], reads_output=True)
    child.lines.readline()  # it runs our code by now
    return child


def test_command_line_names_node_namespace_remaps_and_parameters():
    spec = NodeSpec(
        executable="goal_node",
        parameters={"goal_period_s": 2.0, "robot": "my arm.yaml"},
        remaps=(("goal", "target"),),
        order=1,
    )
    command = node_command(spec, "arm1", "warn")
    assert command[:4] == [sys.executable, "-m", "surefoot_nodes.goal_node", "--ros-args"]
    rest = " ".join(command[4:])
    assert rest == (
        "-r __node:=goal_node -r __ns:=/arm1 -r goal:=target "
        '-p goal_period_s:=2.0 -p robot:="my arm.yaml" --log-level warn'
    )


def test_without_a_namespace_names_stay_at_the_root():
    assert "__ns:=/" in node_command(NodeSpec(executable="goal_node", order=1), "", "warn")


def test_all_children_end():
    children = {"safety_node": sleeper(), "twin_node": sleeper()}
    stop_children(children)
    assert [child.status is not None for child in children.values()] == [True, True]


def test_child_that_does_not_listen_is_killed_when_hurried():
    child = sleeper(STUBBORN)
    stop_children({"twin_node": child}, lambda: True)
    assert child.status == -9


def test_requests_that_arrive_together_are_one_and_hurry_nobody(monkeypatch):
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    now_s = [0.0]
    monkeypatch.setattr("surefoot_nodes.node.time.monotonic", lambda: now_s[0])
    stop = StopSignal()
    try:
        for at_s, expected in ((0.0, 1), (0.03, 1), (TOGETHER_S + 0.1, 2)):
            now_s[0] = at_s
            os.kill(os.getpid(), signal.SIGINT)
            assert (stop.is_set, stop.count) == (True, expected)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


WRITES = (
    "import pathlib, signal, sys, time\n"
    "def end(*_):\n"
    "    time.sleep(1.2)\n"
    "    pathlib.Path({path!r}).write_text('whole')\n"
    "    sys.exit()\n"
    "signal.signal(signal.SIGTERM, end)\n"
    "print(1, flush=True)"
)


def test_hurry_does_not_cut_the_braking_short(tmp_path):
    path = tmp_path / "stands"
    gate = sleeper(WRITES.format(path=str(path)))
    stop_children({"safety_node": gate, "twin_node": sleeper(STUBBORN)}, lambda: True)
    assert path.exists()
    assert gate.status == 0


def test_who_writes_has_the_time_that_it_declares_and_nobody_else_has(tmp_path):
    path = tmp_path / "checkpoint"
    children = {
        "learner_node": sleeper(WRITES.format(path=str(path))),
        "twin_node": sleeper(STUBBORN),
    }
    start_s = time.monotonic()
    stop_children(children, graces_s={"learner_node": 20.0})
    assert path.read_text() == "whole" and children["learner_node"].status == 0
    assert children["twin_node"].status == -9
    assert time.monotonic() - start_s < 15.0


LOOKS = (
    "import pathlib, signal, sys\n"
    "def end(*_):\n"
    "    pathlib.Path({path!r}).write_text(str(pathlib.Path({other!r}).exists()))\n"
    "    sys.exit()\n"
    "signal.signal(signal.SIGTERM, end)\n"
    "print(1, flush=True)"
)


def test_the_gate_ends_before_anybody_else_is_asked_to(tmp_path):
    stands, seen = str(tmp_path / "stands"), tmp_path / "seen"
    gate = sleeper(WRITES.format(path=stands))
    learner = sleeper(LOOKS.format(path=str(seen), other=stands))
    stop_children({"learner_node": learner, "safety_node": gate}, graces_s={"learner_node": 20.0})
    assert seen.read_text() == "True"


def test_those_who_write_declare_more_than_they_wait_themselves():
    config = GraphConfig(run="/run")
    graces = {node.executable: node.grace_s for node in make_graph("robot", config)}
    assert graces["learner_node"] > shutdown_s("learner_node") > JOIN_S
    # A journal on a full disk is given up after twice its time.
    assert graces["policy_node"] > shutdown_s("policy_node") > 2 * CLOSE_S
    assert graces["safety_node"] == graces["goal_node"] == GRACE_S


def test_status_is_one_short_line():
    values = {"tick": "9", "state": "ARMED", "gate_hz": "99.96", "proposals_policy_hz": "20.0"}
    assert status_line(values) == "ARMED · gate 100 Hz · policy 20 Hz"
    assert status_line({"state": "UNARMED"}) == ""


def test_diagnostics_that_make_no_sense_do_not_end_the_graph():
    said = []
    supervisor = Supervisor([], say=said.append)
    for values in (
        {"state": "ARMED", "gate_hz": "fast"},
        {"leaning_reason": "JERK"},
        {"leaning_fraction": "much"},
        {"state": "ARMED", "gate_hz": "100"},
    ):
        told = [KeyValue(key=key, value=value) for key, value in values.items()]
        supervisor._on_diagnostics(DiagnosticArray(status=[DiagnosticStatus(values=told)]))
    assert said == ["ARMED · gate 100 Hz"]
