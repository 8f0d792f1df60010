"""Preflight, jog and calibrate with real processes: the twin's driver is not what we believe."""

import contextlib
import json
import subprocess
import sys
import time

import numpy as np
import pytest
from node_access import differences, observed, permitted
from ros_processes import (
    Witness,
    fresh_domain,
    ros_environment,
    running_graph,
    running_robot,
    speeds,
    tags,
)
from terminal import terminal
from trajectory_msgs.msg import JointTrajectory

from rl_agent.robots.profile import ROBOTS_DIR, load_robot
from rl_agent.types import Reason
from sim.loading import MODELS_DIR
from surefoot_nodes.enclaves import POLICY

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
PAN = "{name: shoulder_pan,  type: revolute,"
SLOW = 0.05 * 3.0
"""[rad/s] 5 % of every joint's speed limit."""


def surefoot(*words: str, domain: int) -> list[str]:
    return [sys.executable, "-m", "rl_agent.cli.main", *words, "--domain", str(domain)]


def run(*words: str, domain: int) -> subprocess.CompletedProcess:
    command = surefoot(*words, domain=domain)
    environment = ros_environment(domain)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def preflight(robot: str, domain: int) -> tuple[int, dict[str, dict]]:
    done = run("preflight", "--json", "--robot", str(robot), domain=domain)
    assert done.returncode in (0, 2), done.stderr
    rows = {row["check"]: row for row in json.loads(done.stdout)["checks"]}
    assert (done.returncode == 0) == is_clean(rows)
    return done.returncode, rows


def operator_differences(witness: Witness, name: str) -> list[str]:
    """Return how a node differs from what sros2/policy.xml allows it."""
    expected = {name: permitted(POLICY)[name]}
    found: dict = {}

    def is_seen() -> bool:
        found.update(observed(witness.node, [name]))
        return not differences(expected, found)

    with contextlib.suppress(AssertionError):
        witness.until(is_seen, 5.0)
    return differences(expected, found)


def bad(rows: dict[str, dict]) -> set[str]:
    """Return what mismatches; jitter is left out, for a busy machine's is really bad."""
    return {name for name, row in rows.items() if row["outcome"] == "mismatch"} - {"jitter"}


def is_clean(rows: dict[str, dict]) -> bool:
    return all(row["outcome"] != "mismatch" for row in rows.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The driver's truth, and what we believe: pan is mirrored, scaled and shifted."""
    folder = tmp_path_factory.mktemp("robot")
    mjcf = (MODELS_DIR / "so101/so101.xml").read_text()
    mjcf = mjcf.replace('"driver_sign" data="1 ', '"driver_sign" data="-1 ')
    mjcf = mjcf.replace('"driver_scale" data="1 ', '"driver_scale" data="1.25 ')
    (folder / "arm.xml").write_text(mjcf)
    believed = (ROBOTS_DIR / "so101.yaml").read_text().replace("so101/so101.xml", "arm.xml")
    (folder / "believed.yaml").write_text(believed)
    truth = believed.replace(PAN, f"{PAN} sign: -1, scale: 1.25, offset_rad: 0.2,")
    (folder / "truth.yaml").write_text(truth)
    return folder


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    log = tmp_path_factory.mktemp("jog") / "up.log"
    with (
        running_graph("twin", "--actor", "none", "--no-arm", log=log) as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        graph.witness = witness
        graph.wait_until_running()
        yield graph


def test_preflight_of_a_sound_robot_is_clean_and_moves_nothing(graph):
    _, rows = preflight("so101", graph.domain)
    assert bad(rows) == set()
    assert rows["controller joints"]["outcome"] == "ok"
    assert rows["controller start point"]["outcome"] == "ok"
    graph.witness.until(lambda: graph.witness.state == "UNARMED")
    graph.witness.spin(0.0)
    assert len(graph.witness.seen[graph.witness.controller_topic]) == 0


def test_preflight_with_the_profile_of_another_robot_names_what_differs(graph):
    status, rows = preflight("ur5e", graph.domain)
    assert status == 2
    assert bad(rows) >= {"joint names", "controller"}
    assert all(rows[name]["remedy"] for name in bad(rows))


def test_preflight_asks_for_no_more_than_its_policy_allows(graph):
    command = surefoot("preflight", "--duration", "10", domain=graph.domain)
    with terminal(command, ros_environment(graph.domain)):
        names = graph.witness.node.get_node_names
        graph.witness.until(lambda: "surefoot_preflight" in names(), 60.0)
        assert operator_differences(graph.witness, "surefoot_preflight") == []


def test_preflight_finds_whoever_commands_beside_the_gate(graph):
    witness = graph.witness
    rogue = witness.node.create_publisher(JointTrajectory, witness.controller_topic, 1)
    status, rows = preflight("so101", graph.domain)
    witness.node.destroy_publisher(rogue)
    assert status == 2
    assert bad(rows) == {"commander"}
    assert "only the gate may command" in rows["commander"]["remedy"]


def test_a_joint_moves_slowly_while_a_key_is_held_and_stands_without(graph):
    witness = graph.witness
    applied = witness.seen["applied_command"]

    def pan() -> float:
        witness.spin(0.01)
        return applied.messages[-1].position[0] if applied.messages else 0.0

    command = surefoot("robot", "jog", domain=graph.domain)
    with terminal(command, ros_environment(graph.domain)) as human:
        human.until("UNARMED")
        human.press("a")
        human.until("ARMED  armed")
        start = pan()
        human.hold("+", lambda: pan() > start + 0.1)
        released_s = time.monotonic()
        human.wait(1.0)
        witness.spin(0.2)
        still = [speeds(m).max() for m in applied.after(released_s + 0.8)]
        moving = [speeds(m) for m in applied.messages]
        human.press("q")
        assert human.end() == 0
    # The dead-man's 0.3 s and the gate's own time to brake are over.
    assert still
    assert max(still) < 1e-9
    assert np.max(moving) <= 1.1 * SLOW
    assert np.max(np.array(moving)[:, 1:]) < 1e-3
    assert {tags(m)["source"] for m in applied.messages} <= {"human", ""}
    witness.until(lambda: witness.state == "UNARMED")


def test_the_space_bar_stops_and_latches(graph):
    witness = graph.witness
    command = surefoot("robot", "jog", domain=graph.domain)
    with terminal(command, ros_environment(graph.domain)) as human:
        human.until("UNARMED")
        human.press("a")
        human.until("ARMED  armed")
        human.press("-")
        human.wait(0.1)
        human.press(" ")
        human.until("STOPPED")
        human.wait(0.7)
        human.press("r")
        human.until("UNARMED")
        differences_of_jog = operator_differences(witness, "surefoot_jog")
        human.press("q")
        assert human.end() == 0
    assert differences_of_jog == []
    witness.spin(0.2)
    assert witness.state == "UNARMED"
    reasons = {int(tags(m)["reasons"]) for m in witness.seen["applied_command"].messages[-50:]}
    assert any(reason & Reason.ESTOP for reason in reasons)


def test_a_jog_that_is_killed_leaves_a_robot_at_rest(graph):
    witness = graph.witness
    command = surefoot("robot", "jog", domain=graph.domain)
    with terminal(command, ros_environment(graph.domain)) as human:
        human.until("UNARMED")
        human.press("a")
        human.until("ARMED  armed")
        human.press("++")
        human.wait(0.1)
        human.process.kill()
    witness.until(lambda: witness.state == "STOPPED", 5.0)
    witness.until(lambda: speeds(witness.seen["applied_command"].messages[-1]).max() == 0.0, 3.0)
    assert witness.trigger("reset").success


@pytest.fixture
def own_profile(tmp_path):
    path = tmp_path / "arm.yaml"
    path.write_text((ROBOTS_DIR / "so101.yaml").read_text())
    return path


def test_a_conversation_by_hand_needs_no_arming_and_commands_nothing(graph, own_profile):
    witness = graph.witness
    count = len(witness.seen["applied_command"])
    words = ("--robot", str(own_profile), "--joint", "wrist_roll", "--by-hand")
    command = surefoot("robot", "calibrate", *words, domain=graph.domain)
    with terminal(command, ros_environment(graph.domain)) as human:
        human.until("hold it still")
        human.press("\n")
        human.until("s: skip")
        human.press("\n")  # nobody moved it
        human.until("move it by at least 0.05")
        human.until("hold it still")
        human.press("\n")
        human.until("s: skip")
        human.press("s\n")
        human.until("true position")
        human.press("0.2x\x7f5\n")  # x is taken back: 0.25
        human.until("[y/N]")
        human.press("y\n")
        assert human.end() == 0
        assert "written" in human.output
    roll = next(joint for joint in load_robot(own_profile).joints if joint.name == "wrist_roll")
    assert roll.offset_rad == pytest.approx(0.25, abs=0.01)
    witness.spin(0.2)
    assert len(witness.seen["applied_command"]) == count


def test_a_conversation_through_the_gate_writes_nothing_without_a_yes(graph, own_profile):
    before = own_profile.read_text()
    words = ("--robot", str(own_profile), "--joint", "wrist_roll")
    command = surefoot("robot", "calibrate", *words, domain=graph.domain)
    with terminal(command, ros_environment(graph.domain)) as human:
        human.until("UNARMED")
        human.press("y")
        human.until("has not moved")
        human.press("a")
        human.until("ARMED  armed")
        end_s = time.monotonic() + 1.0
        human.hold("+", lambda: time.monotonic() > end_s)
        human.press("n")  # it went the other way
        human.until("then Enter")
        human.press("\n")
        human.until("true position")
        human.press("0\n")
        human.until("[y/N]")
        assert "-1" in human.output and "offset_rad" in human.output
        human.press("\n")
        assert human.end() == 1
    assert own_profile.read_text() == before
    graph.witness.until(lambda: graph.witness.state == "UNARMED")


@pytest.fixture(scope="module")
def calibrated(folder):
    """`surefoot robot calibrate` beside a robot whose pan is not what the profile says."""
    domain, told = fresh_domain(), {}
    believed = folder / "believed.yaml"
    # The driver reads (0 - 0.2) / -1.25 = 0.16 at home. After 0.2 more, 0.36: the joint stands at
    # -1.25 * 0.36 + 0.2 = -0.25; after another 0.3, 0.66, at -0.625.
    answers = folder / "answers.yaml"
    poses = "[{travel: 0.2, position: -0.25}, {travel: 0.3, position: -0.625}]"
    answers.write_text(f"shoulder_pan: {{direction: opposite, poses: {poses}}}\n")
    arguments = ("robot", "--actor", "none", "--robot", str(believed))
    truth = f"robot:={folder / 'truth.yaml'}"
    with (
        running_robot(load_robot(believed), truth, domain=domain) as (_, witness),
        running_graph(*arguments, domain=domain, log=folder / "up.log") as graph,
    ):
        graph.wait_until_running()
        told["before"] = preflight(believed, domain)
        words = ("--robot", str(believed), "--answers", str(answers), "--scale")
        command = surefoot("robot", "calibrate", *words, domain=domain)
        with terminal(command, ros_environment(domain)) as human:
            human.until("hold + to move", 40.0)
            applied = witness.seen["applied_command"]
            witness.spin(1.0)
            told["without_key"] = [speeds(m).max() for m in applied.messages]
            human.hold("+", lambda: human.process.poll() is not None, 60.0)
            told["status"], told["output"] = human.end(), human.output
        witness.spin(0.3)
        told["fastest"] = max(speeds(m).max() for m in applied.messages)
        told["after"] = preflight(believed, domain)
    told["profile"] = believed
    return told


def test_calibrate_moves_nothing_without_a_key(calibrated):
    assert calibrated["without_key"]
    assert max(calibrated["without_key"]) == 0.0


def test_calibrate_finds_sign_scale_and_offset_and_writes_them(calibrated):
    assert calibrated["status"] == 0, calibrated["output"]
    pan = load_robot(calibrated["profile"]).joints[0]
    assert pan.sign == -1
    assert pan.scale == pytest.approx(1.25, rel=2e-3)
    assert pan.offset_rad == pytest.approx(0.2, abs=0.01)
    assert calibrated["fastest"] <= 1.1 * SLOW


def test_calibrate_leaves_comments_and_the_old_file(calibrated):
    path = calibrated["profile"]
    old = path.with_name("believed.yaml.bak").read_text().splitlines()
    new = path.read_text().splitlines()
    differing = [a for a, b in zip(old, new, strict=True) if a != b]
    assert [PAN in line for line in differing] == [True]


def test_preflight_is_clean_afterwards(calibrated):
    assert bad(calibrated["before"][1]) == {"profile"}
    _, rows = calibrated["after"]
    assert bad(rows) == set(), rows


def test_the_gate_refuses_to_arm_where_the_controller_moves_other_joints(folder, tmp_path):
    # The gate's profile leaves out the gripper, which the controller moves and the driver reports.
    lines = (folder / "truth.yaml").read_text().splitlines()
    path = tmp_path / "short.yaml"
    path.write_text("\n".join(line for line in lines if "{name: gripper" not in line))
    domain = fresh_domain()
    truth = f"robot:={folder / 'truth.yaml'}"
    arguments = ("robot", "--actor", "none", "--robot", str(path))
    with (
        running_robot(load_robot(path), truth, domain=domain) as (_, witness),
        running_graph(*arguments, domain=domain, log=tmp_path / "up.log") as graph,
    ):
        graph.wait_until_running()
        answers = [witness.arm()]

        def is_known() -> bool:
            # Until the controller has answered, the gate asks for patience.
            if "try again" in answers[-1].message:
                witness.spin(0.3)
                answers.append(witness.arm())
            return "try again" not in answers[-1].message

        witness.until(is_known)
    assert [answer.success for answer in answers] == [False] * len(answers)
    answer = answers[-1]
    assert "it also moves gripper" in answer.message
    assert "set its parameter joints to" in answer.message
