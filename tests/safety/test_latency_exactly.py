"""Delays by hand. Moving, the fastest way creeps by 1e-3 of the time, at rest by a tenth."""

import json
import math

import pytest

from rl_agent.safety.latency import Latency


def delays(latency, *readings, is_at_rest=False):
    """(receipt, way) of each reading [s] -> how much later than usual it came."""
    return [
        latency.delay_s(received_s - way_s, received_s, is_at_rest=is_at_rest)
        for received_s, way_s in readings
    ]


@pytest.mark.parametrize("way_s", [0.005, -900.0, 900.0])
def test_the_first_way_is_the_usual_one_whatever_the_clocks_say(way_s):
    latency = Latency()
    found = delays(latency, (1.0, way_s), (2.0, way_s + 0.03), (3.0, way_s), (4.0, way_s - 0.01))
    # The usual way has crept by 1 ms in the first second.
    assert found == pytest.approx([0.0, 0.029, 0.0, 0.0], abs=1e-9)
    assert delays(latency, (4.0, way_s)) == pytest.approx([0.01], abs=1e-9)


@pytest.mark.parametrize(("is_at_rest", "expected"), [(False, 0.018), (True, 0.0)])
def test_a_new_relation_of_the_clocks_is_believed_soon_at_rest(is_at_rest, expected):
    latency = Latency()
    delays(latency, (1.0, 0.0))
    found = delays(latency, (3.0, 0.02), is_at_rest=is_at_rest)
    # In 2 s it creeps by 2 ms, at rest by up to 0.2 s.
    assert found == pytest.approx([expected], abs=1e-9)
    assert delays(latency, (3.0, 0.05)) == pytest.approx([0.05 - (0.02 - expected)], abs=1e-9)


def test_a_receipt_that_goes_back_creeps_nowhere():
    latency = Latency()
    delays(latency, (10.0, 0.0))
    assert delays(latency, (2.0, 0.05)) == pytest.approx([0.05], abs=1e-12)


def test_a_cleared_relation_is_learned_anew():
    latency = Latency()
    delays(latency, (1.0, 0.0))
    latency.clear()
    assert latency.get_state() == [None, 1.0]
    assert delays(latency, (1.1, 5.0)) == [0.0]


def test_it_goes_on_where_it_was_saved():
    latency, other = Latency(), Latency()
    delays(other, (1.0, -3.0))
    other.set_state(json.loads(json.dumps(latency.get_state())))
    assert other.get_state() == [None, 0.0]
    delays(latency, (1.0, 0.25))
    other.set_state(json.loads(json.dumps(latency.get_state())))
    assert other.get_state() == [0.25, 1.0]
    assert delays(other, (3.0, 0.5)) == delays(latency, (3.0, 0.5)) == pytest.approx([0.248])
    assert math.isfinite(other.get_state()[0])
