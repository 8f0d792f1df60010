import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("rosbags", reason="recordings need the `data` extra")

from boxes import (
    SPEC,
    Scene,
    Trip,
    drive,
    estop,
    joint_state,
    propose,
    silent_policy,
    state,
    without,
)

from rl_agent.exceptions import ReportError, SurefootError
from rl_agent.reporting.explain import explain
from rl_agent.reporting.trip_record import open_record


def explained(scene, tmp_path, **choice):
    return explain(open_record(scene.write(tmp_path), **choice))


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    return explained(silent_policy(), tmp_path_factory.mktemp("silent"))


def test_a_dead_policys_trip_is_told_with_cause_and_time(silent):
    assert silent.trip.reasons == ("STALE_PROPOSAL", "SILENT")
    assert silent.trip.cause.startswith("no proposal for 500 ms")
    assert silent.trip.utc.startswith("2026-11-27T10:15:00")
    assert (silent.robot, silent.trip.number, silent.trip.total) == ("so101", 1, 1)


def test_reaction_is_timed_from_the_last_proposal(silent):
    braking = silent.braking
    assert braking.cause == "the last proposal"
    assert braking.cause_at_s == pytest.approx(-0.5)
    assert braking.first_command_s == pytest.approx(0.13)
    assert braking.was_moving


def test_standstill_is_told_of_commands_and_of_the_robot(silent):
    # 0.8, 0.6, 0.4, 0.2, 0: four ticks after the first, and 0.01 * 2.0 rad further.
    assert silent.braking.commanded_rest_s == pytest.approx(0.04)
    assert silent.braking.measured_rest_s == pytest.approx(0.04)
    joint = silent.joints[0]
    assert (joint.name, joint.commanded, joint.unit) == ("shoulder_pan", 1.0, "rad")
    assert joint.way == pytest.approx(0.02)
    assert joint.share == pytest.approx(1.0 / SPEC.joints[0].max_velocity)
    # The reading that is heard with the first braking command is 0.012 rad before standstill.
    assert joint.measured_way == pytest.approx(0.012)
    assert all(other.way == 0.0 for other in silent.joints[1:])


def test_sources_are_told_by_rate_and_age(silent):
    facts = {source.name: source for source in silent.sources}
    assert (facts["policy"].rate_hz, facts["policy"].expected_hz) == (20.0, 20.0)
    assert facts["policy"].age_s == pytest.approx(0.5)
    assert facts["joint_states"].rate_hz == 200.0
    assert facts["joint_states"].age_s == pytest.approx(0.0, abs=1e-6)
    assert facts["human"].age_s is None


def test_changes_are_told_by_how_often_and_how_far(silent):
    changes = {change.reason: change for change in silent.changes}
    # 4.0 rad/s over 20 ticks, of 363 armed ticks and 38 braking ones.
    assert changes["ACCELERATION"].ticks == 20
    assert changes["ACCELERATION"].mean == pytest.approx(0.2)
    assert changes["ACCELERATION"].share == pytest.approx(20 / 401, abs=1e-3)
    assert silent.leaning_share == pytest.approx(20 / 363)
    assert "leaned on the limits" in silent.remedies[-1]


def test_states_are_a_timeline_that_begins_before_the_recording(silent):
    found = [(round(change.at_s, 2), change.state) for change in silent.timeline]
    expected = [(-60.0, "UNARMED"), (-20.0, "ARMED"), (-0.37, "HOLD"), (0.0, "STOPPED")]
    assert found == expected
    assert silent.start_s == pytest.approx(-4.0)
    assert silent.end_s == pytest.approx(0.995, abs=0.01)


def test_limits_are_audited(silent):
    assert silent.limits.are_kept
    assert silent.limits.num_ticks == 500


def test_a_broken_limit_is_told(tmp_path):
    scene = estop()
    tags = "tick=900;reasons=0;source=policy;state=ARMED"
    scene.add("applied_command", 1.2, joint_state(1001.2, 0.0, 9.0, tags))
    found = explained(scene, tmp_path)
    assert not found.limits.are_kept
    assert found.limits.violations["position"] == 1


def test_what_to_do_next_is_told_the_gravest_first(silent):
    assert "died or hung" in silent.remedies[0]
    assert "policy is merely slow" in silent.remedies[1]


def test_an_estop_is_timed_from_the_alarm(tmp_path):
    found = explained(estop(), tmp_path)
    assert found.braking.cause == "the alarm"
    assert found.braking.first_command_s == pytest.approx(0.003)
    assert found.trip.reasons == ("ESTOP",)


def test_a_number_that_is_not_finite_is_timed_from_its_message(tmp_path):
    scene = estop()
    bad = joint_state(999.99, np.nan)
    scene.add("command_raw/human", -0.01, bad)
    scene.trip = Trip("STOPPED", "human proposed a number", ("NON_FINITE",), 0)
    found = explained(scene, tmp_path)
    assert found.braking.cause == "the message that was refused"
    assert found.braking.first_command_s == pytest.approx(0.013)
    human = next(source for source in found.sources if source.name == "human")
    assert (human.num_bad, human.age_s) == (1, None)


def test_malformed_messages_are_counted_not_stumbled_over(tmp_path):
    scene = estop()
    short = joint_state(999.0)
    short.position = np.zeros(2)
    scene.add("command_raw/policy", -1.001, short)
    scene.add("command_raw/policy", -1.002, joint_state(999.0, names=["x"] * 6))
    scene.add("joint_states", -1.003, short)
    found = {source.name: source for source in explained(scene, tmp_path).sources}
    assert (found["policy"].num_bad, found["joint_states"].num_bad) == (2, 1)


def test_a_frozen_sensor_is_timed_from_its_last_new_stamp(tmp_path):
    scene = without(estop(), "joint_states")
    for number in range(100):
        at_s = -1.0 + number / 100
        stamp_s = min(at_s, -0.3)
        scene.add("joint_states", at_s, joint_state(1000.0 + stamp_s, 1.0))
    cause = "no measurement for 300 ms"
    scene.trip = Trip("STOPPED", cause, ("SILENT", "STALE_OBSERVATION"), 0)
    found = explained(scene, tmp_path)
    assert found.braking.cause == "the last reading"
    assert found.braking.cause_at_s == pytest.approx(-0.3)
    states = next(source for source in found.sources if source.name == "joint_states")
    assert states.num_repeated == 29
    assert states.age_s == pytest.approx(0.3)


def test_a_dead_gate_is_timed_from_its_last_command(tmp_path):
    scene = Scene(trip=Trip("ARMED", "the gate itself fell silent", ("GATE_SILENT",), 0))
    drive(scene, -3.0, 9.0, -0.5)
    propose(scene, -3.0, 0.0)
    found = explained(scene, tmp_path)
    assert found.braking.cause == "the gate's last command"
    assert found.braking.cause_at_s == pytest.approx(-0.51)
    assert found.braking.first_command_s is None
    assert found.braking.commanded_rest_s is None
    assert "safety_node died" in found.remedies[0]


def test_an_estop_while_unarmed_had_nothing_to_stop(tmp_path):
    scene = without(estop(), "applied_command")
    found = explained(scene, tmp_path)
    assert found.joints == ()
    assert found.limits is None
    assert found.braking.first_command_s is None


def recording_of(scene, tmp_path):
    """The bag alone, as `surefoot up --record` makes it."""
    return scene.write(tmp_path) / "recording"


def test_a_plain_recording_is_explained_by_its_last_alarm(tmp_path):
    scene = silent_policy()
    scene.add("safety_state", -2.5, state("STOPPED", "e-stop: first", "ESTOP"))
    scene.add("safety_state", -2.4, state("UNARMED", "reset"))
    record = open_record(recording_of(scene, tmp_path))
    assert explain(record).trip.reasons == ("STALE_PROPOSAL", "SILENT")
    first = explain(record, 1)
    assert (first.trip.cause, first.trip.number, first.trip.total) == ("e-stop: first", 1, 2)
    with pytest.raises(ReportError, match="no trip 3; it holds 2"):
        explain(record, 3)


def test_a_recording_without_a_trip_is_told_all_the_same(tmp_path):
    scene = Scene()
    drive(scene, -2.0, 9.0, 0.0)
    scene.add("safety_state", -2.0, state("ARMED", "armed"))
    scene.add("safety_state", -0.1, state("STOPPED", "disarmed", "OPERATOR"))
    found = explain(open_record(recording_of(scene, tmp_path)))
    assert found.trip is None
    assert found.braking is None
    assert found.remedies == ()
    assert found.limits.are_kept
    assert found.start_s == 0.0


def test_the_newest_box_of_a_folder_is_taken(tmp_path):
    silent_policy().write(tmp_path, second=1)
    newest = estop().write(tmp_path, second=2)
    assert open_record(tmp_path).path == newest


def test_robot_is_known_by_its_joints_or_has_to_be_named(tmp_path):
    bag = recording_of(estop(), tmp_path)
    assert open_record(bag).spec.name == "so101"
    nameless = recording_of(without(estop(), "joint_states"), tmp_path)
    with pytest.raises(ReportError, match="--robot"):
        open_record(nameless)
    assert open_record(nameless, "so101").spec.name == "so101"


def test_what_is_no_recording_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ReportError, match="nowhere"):
        open_record(tmp_path / "nowhere")
    (tmp_path / "trip.json").write_text("{")
    with pytest.raises(ReportError, match=r"trip\.json"):
        open_record(tmp_path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return estop().write(tmp_path_factory.mktemp("sound"))


@given(data=st.data())
@settings(max_examples=25)
def test_a_damaged_box_is_explained_or_refused_in_a_sentence(sound, tmp_path_factory, data):
    box = tmp_path_factory.mktemp("damaged") / "box"
    shutil.copytree(sound, box)
    names = ["recording/recording.mcap", "recording/metadata.yaml", "trip.json", "profile.yaml"]
    path = box / data.draw(st.sampled_from(names))
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        assert explain(open_record(box)).robot
    except SurefootError as error:
        assert str(error)


def test_commands_of_another_kind_are_no_ticks_of_the_gate(tmp_path):
    scene = estop()
    for tags in ("", "tick=x;reasons=0;state=ARMED", f"tick={9**30};reasons=0;state=ARMED"):
        scene.add("applied_command", -1.0, joint_state(999.0, tags=tags))
    scene.add("applied_command", -1.0, joint_state(999.0, tags="tick=1;reasons=0;state=FLYING"))
    assert explained(scene, tmp_path).limits.num_ticks == 400


def test_a_terminal_obeys_nothing_that_a_box_says(tmp_path):
    scene = Scene(trip=Trip("STOPPED", "\x1b[2Jcleared\n", ("ESTOP",), 0))
    scene.add("safety_state", 0.0, state("STOPPED", "\x1b]0;title\x07", "ESTOP"))
    found = explained(scene, tmp_path)
    assert found.trip.cause == " [2Jcleared "
    assert found.timeline[0].cause == " ]0;title "


def test_json_holds_every_figure_and_nothing_that_json_cannot(silent):
    content = json.loads(silent.to_json())
    assert content["schema_version"] == 1
    assert content["trip"]["reasons"] == ["STALE_PROPOSAL", "SILENT"]
    assert content["braking"]["first_command_s"] == pytest.approx(0.13)
    assert content["limits"]["are_kept"] is True
