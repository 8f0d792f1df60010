import pytest

from rl_agent.data.black_box import BlackBox, BlackBoxConfig, GateState

S = 1_000_000_000
ARMED = GateState("ARMED", "armed", (), True, False)
HOLD = GateState("HOLD", "late", (), True, False)
STOPPED = GateState("STOPPED", "e-stop: asked for", ("ESTOP",), False, True)
DISARMED = GateState("STOPPED", "disarmed", ("OPERATOR",), False, False)
UNARMED = GateState("UNARMED", "not armed yet", (), False, False)


def make(**config):
    topics = ("safety_state", "applied_command", "joint_states")
    options = BlackBoxConfig(before_s=10.0, after_s=1.0, **config)
    return BlackBox(topics, latched=("safety_state",), commands="applied_command", config=options)


def tripped(at_s=100.0, **config):
    box = make(**config)
    box.on_state(ARMED, 0)
    box.on_state(STOPPED, int(at_s * S))
    return box


def test_a_box_is_due_one_second_after_the_trip_and_only_once():
    box = tripped()
    assert box.due(int(100.9 * S)) is None
    due = box.due(101 * S)
    assert due.trip == ("STOPPED", "e-stop: asked for", ("ESTOP",), 100 * S)
    assert box.due(102 * S) is None


def test_a_box_holds_ten_seconds_before_and_what_followed():
    box = make()
    box.add("safety_state", 5 * S, b"armed")
    for tenth in range(0, 1012):
        box.add("joint_states", tenth * S // 10, b"q")
    box.on_state(ARMED, 5 * S)
    box.on_state(STOPPED, 100 * S)
    messages = box.due(102 * S).messages
    assert messages[0] == ("safety_state", 5 * S, b"armed")
    times_s = [time_ns / S for topic, time_ns, _ in messages if topic == "joint_states"]
    assert (times_s[0], times_s[-1], len(times_s)) == (90.0, 101.1, 112)


@pytest.mark.parametrize("quiet", [DISARMED, UNARMED, HOLD])
def test_what_is_no_alarm_makes_no_box(quiet):
    box = make()
    box.on_state(ARMED, 0)
    box.on_state(quiet, S)
    assert box.due(10 * S) is None


def test_an_alarm_that_was_there_before_we_looked_makes_no_box():
    box = make()
    box.on_state(STOPPED, 0)
    assert box.due(10 * S) is None


def test_an_alarm_while_disarming_is_a_trip():
    box = make()
    for state in (ARMED, DISARMED, STOPPED):
        box.on_state(state, 0)
    assert box.due(2 * S).trip.reasons == ("ESTOP",)


def test_another_cause_of_the_same_stop_makes_no_second_box():
    box = tripped()
    assert box.due(101 * S)
    box.on_state(STOPPED._replace(reasons=("ESTOP", "SILENT")), 120 * S)
    assert box.due(130 * S) is None


def test_trips_in_quick_succession_share_a_box_and_are_counted():
    box = tripped(gap_s=5.0)
    assert box.due(101 * S).num_unwritten == 0
    for at_s in (102, 103):
        box.on_state(UNARMED, at_s * S)
        box.on_state(STOPPED, at_s * S)
    assert box.due(104 * S) is None
    box.on_state(UNARMED, 106 * S)
    box.on_state(STOPPED, 106 * S)
    assert box.due(107 * S).num_unwritten == 2


def test_a_shut_down_does_not_wait_for_what_follows():
    box = tripped()
    assert box.take_pending().trip.time_ns == 100 * S
    assert box.take_pending() is None


def command_until(box, last_s, *, look_until_s):
    """Commands each 0.1 s until `last_s`, looks each 0.1 s; return the first box."""
    for tenth in range(int(look_until_s * 10)):
        now_ns = tenth * S // 10
        if tenth <= last_s * 10:
            box.add("applied_command", now_ns, b"c")
        due = box.due(now_ns)
        if due is not None:
            return due
    return None


def test_an_armed_gate_that_falls_silent_is_a_trip():
    box = make()
    box.on_state(ARMED, 0)
    due = command_until(box, 3.0, look_until_s=6.0)
    assert due.trip.reasons == ("GATE_SILENT",)
    assert due.trip.time_ns == int(3.5 * S)
    assert "no command for 500 ms" in due.trip.cause


@pytest.mark.parametrize("state", [UNARMED, DISARMED])
def test_a_gate_that_is_not_armed_may_be_silent(state):
    box = make()
    box.on_state(state, 0)
    assert command_until(box, 3.0, look_until_s=6.0) is None


def test_our_own_standstill_is_not_the_gates():
    box = make()
    box.on_state(ARMED, 0)
    box.add("applied_command", S, b"c")
    assert box.due(S) is None
    assert box.due(5 * S) is None  # we were not running; one look says nothing
    box.add("applied_command", 5 * S, b"c")
    assert box.due(5 * S + 1) is None


def test_flooding_one_topic_leaves_the_others_alone():
    box = make(topic_bytes=10_000)
    box.on_state(ARMED, 0)
    box.add("applied_command", 95 * S, b"c")
    for number in range(1000):
        box.add("joint_states", 96 * S + number, bytes(100))
    box.on_state(STOPPED, 100 * S)
    due = box.due(101 * S)
    topics = [topic for topic, _, _ in due.messages]
    assert (topics.count("applied_command"), topics.count("joint_states")) == (1, 40)
    assert due.num_crowded_out == 960
