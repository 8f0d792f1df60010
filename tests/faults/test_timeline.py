import json

import pytest

from surefoot_nodes.faults.timeline import Timeline, since


def line(kind, time_s, *rest):
    return json.dumps([kind, time_s, *rest])


def test_each_kind_of_line_finds_its_place():
    timeline = Timeline()
    timeline.add(line("joints", 1.0, 5, [0.1], [0.2]))
    timeline.add(line("proposal", 1.1, 5, [0.3], [0.4]))
    timeline.add(line("human", 1.2, 5, [0.5], [0.6]))
    timeline.add(line("applied", 1.3, 5, 7, "HOLD", "policy", 2, [0.7], [0.8]))
    timeline.add(line("state", 1.4, "HOLD", "late"))
    timeline.add(line("wire", 1.5, True))
    assert timeline.joints[0].position.tolist() == [0.1]
    assert timeline.proposals[0].velocity.tolist() == [0.4]
    assert timeline.human[0].received_s == 1.2
    assert (timeline.applied[0].tick, timeline.applied[0].is_braking) == (7, True)
    assert timeline.states[0].cause == "late"
    assert (timeline.wire, timeline.num_bad_on_wire) == ([1.5], 0)


def test_what_is_not_finite_on_the_wire_is_counted():
    timeline = Timeline()
    timeline.add(line("wire", 1.0, False))
    assert timeline.num_bad_on_wire == 1


def test_the_robot_is_what_the_liar_hides():
    timeline = Timeline()
    timeline.add(line("joints", 1.0, 5, [9.0], [0.0]))
    assert timeline.robot is timeline.joints
    timeline.add(line("truth", 1.0, 5, [0.1], [0.0]))
    assert timeline.robot is timeline.truth


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [(0, 9, [1.0, 2.0, 3.0]), (2, 9, [2.0, 3.0]), (2, 2.5, [2.0]), (4, 9, [])],
)
def test_since_takes_both_ends(start, end, found):
    assert since([1.0, 2.0, 3.0], start, end) == found


def test_forgetting_keeps_the_newer():
    timeline = Timeline()
    for number in range(5):
        timeline.add(line("wire", float(number), True))
    timeline.forget(3.0)
    assert timeline.wire == [3.0, 4.0]
