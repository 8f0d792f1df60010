import sys

from rl_agent.child import Child
from surefoot_nodes.graph import NodeSpec
from surefoot_nodes.stopping import stop_children
from surefoot_nodes.supervisor import node_command, status_line

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


def test_status_is_one_short_line():
    values = {"tick": "9", "state": "ARMED", "gate_hz": "99.96", "proposals_policy_hz": "20.0"}
    assert status_line(values) == "ARMED · gate 100 Hz · policy 20 Hz"
    assert status_line({"state": "UNARMED"}) == ""
