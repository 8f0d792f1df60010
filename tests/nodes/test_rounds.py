"""Rounds of lock-step: whatever the order of arrival, everybody takes in the same."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot_nodes.rounds import OPERATOR, PARTS, Answer, Rounds, read_answer

ALL = tuple(PARTS)
T = 0.01
POLICY_EVERY = 5


def rounds_of(name, participants=ALL):
    return Rounds(name, participants, POLICY_EVERY * T, T)


def take_all(rounds):
    """Return what the awaited round takes in, as (time, message) in order."""
    told = []
    for time_s, deliveries in rounds.take():
        for deliver in deliveries:
            deliver(partial(lambda time_s, message: told.append((time_s, message)), time_s))
    return told


def put(rounds, topic, number):
    """Deliver a message whose delivery calls back with its name."""
    rounds.put(topic, number, lambda note: note(f"{topic} {number}"))


def test_the_twin_begins_by_itself():
    assert rounds_of("twin_node").missing() == ""


def test_the_gate_waits_for_the_state_and_then_for_the_policy():
    gate = rounds_of("safety_node")
    for topic in ("/joint_states", "/command_raw/policy"):
        assert gate.subscribe(topic)
    assert gate.missing() == "twin_node"
    gate.hear(Answer(node="twin_node", round=1, sent={"/joint_states": 1}))
    assert gate.missing() == "twin_node"  # its answer came before its message
    put(gate, "/joint_states", 1)
    assert gate.missing() == "policy_node"
    gate.hear(Answer(node="policy_node", round=1, sent={}))  # nothing to propose yet
    assert gate.missing() == ""
    assert take_all(gate) == [(T, "/joint_states 1")]


def test_between_two_actions_the_gate_does_not_wait_for_the_policy():
    gate = rounds_of("safety_node")
    waited = []
    for number in range(1, 2 * POLICY_EVERY + 2):
        gate.hear(Answer(node="twin_node", round=number))
        if gate.missing() == "policy_node":
            waited.append(number)
            gate.hear(Answer(node="policy_node", round=number))
        assert gate.missing() == ""
        take_all(gate)
        gate.advance()
    assert waited == [1, 6, 11]


def test_the_policy_has_a_part_where_it_acts_and_takes_in_the_rest():
    policy = rounds_of("policy_node")
    ours = []
    for _ in range(12):
        if policy.is_ours:
            ours.append(policy.number)
        policy.advance()
    assert ours == [1, 6, 11]


def test_who_does_not_take_part_is_not_waited_for():
    gate = rounds_of("safety_node", ("twin_node", "safety_node"))
    gate.hear(Answer(node="twin_node", round=1))
    assert gate.missing() == ""


def test_a_topic_of_no_round_is_left_alone():
    gate = rounds_of("safety_node")
    assert not gate.subscribe("/estop")
    assert not gate.subscribe("/command_raw/human")


def test_messages_of_later_rounds_wait_for_theirs():
    policy = rounds_of("policy_node", ("twin_node", "safety_node", "policy_node"))
    policy.subscribe("/joint_states")
    for number in (1, 2, 3):  # the twin and the gate are ahead
        put(policy, "/joint_states", number)
        policy.hear(Answer(node="twin_node", round=number, sent={"/joint_states": number}))
        policy.hear(Answer(node="safety_node", round=number))
    for number in (1, 2, 3):
        assert policy.missing() == ""
        assert take_all(policy) == [(number * T, f"/joint_states {number}")]
        policy.advance()


def test_what_was_replaced_in_a_latched_topic_is_not_waited_for():
    policy = rounds_of("policy_node", ("safety_node", "policy_node"))
    policy.subscribe("/safety_state")
    policy.advance()
    put(policy, "/safety_state", 3)
    policy.hear(Answer(node="safety_node", round=1, sent={"/safety_state": 3}))
    assert policy.missing() == ""


@given(st.data())
def test_any_order_of_arrival_gives_the_same_rounds(data):
    """Topics keep their order, nothing else does; counts of messages vary from round to round."""
    streams, expected, counts = {}, [], {"/imu": 0, "/joint_states": 0, "/command_raw/policy": 0}
    num_rounds = data.draw(st.integers(1, 12))
    for number in range(1, num_rounds + 1):
        told, is_policys = [], (number - 1) % POLICY_EVERY == 0
        for sender, topics in (
            ("twin_node", ("/imu", "/joint_states")),
            *((("policy_node", ("/command_raw/policy",)),) if is_policys else ()),
        ):
            for topic in topics:
                for _ in range(data.draw(st.integers(0, 2))):
                    counts[topic] += 1
                    streams.setdefault(topic, []).append(("put", topic, counts[topic]))
                    told.append((number * T, f"{topic} {counts[topic]}"))
            sent = {topic: counts[topic] for topic in topics}
            answer = Answer(node=sender, round=number, sent=sent)
            streams.setdefault(sender, []).append(("hear", answer))
        expected.append(told)
    gate, found = rounds_of("safety_node"), []
    for topic in counts:
        gate.subscribe(topic)
    while any(streams.values()):
        name = data.draw(st.sampled_from(sorted(name for name, left in streams.items() if left)))
        what, *values = streams[name].pop(0)
        gate.hear(*values) if what == "hear" else put(gate, *values)
        while gate.number <= num_rounds and not gate.missing():
            found.append(take_all(gate))
            gate.advance()
    assert found == expected


def test_who_waits_himself_is_not_to_blame_until_he_answers():
    twin = rounds_of("twin_node")
    assert not twin.is_waiting("safety_node")
    twin.hear(Answer(node="safety_node", round=1, waits_for=OPERATOR))
    assert twin.is_waiting("safety_node")
    twin.hear(Answer(node="safety_node", round=1))
    assert not twin.is_waiting("safety_node")


@pytest.mark.parametrize(
    ("name", "participants", "senders", "num_listeners"),
    [
        ("twin_node", ALL, ("safety_node",), 3),
        ("safety_node", ALL, ("twin_node", "policy_node"), 2),
        ("policy_node", ALL, ("safety_node", "goal_node", "twin_node"), 1),
        ("goal_node", ALL, ("twin_node",), 1),
        ("safety_node", ("twin_node", "safety_node"), ("twin_node",), 1),
    ],
)
def test_who_listens_to_whom(name, participants, senders, num_listeners):
    rounds = rounds_of(name, participants)
    assert rounds.senders == senders
    assert rounds.num_listeners == num_listeners


def test_answers_pass_a_message():
    answer = Answer(node="twin_node", round=3, sent={"/a/joint_states": 4}, waits_for="x")
    assert read_answer(answer.to_json()) == answer


@pytest.mark.parametrize("text", ["", "{", "[]", '{"node": 1}', "[" * 20_000, '{"sent": []}'])
def test_nonsense_is_no_answer(text):
    assert read_answer(text) is None
