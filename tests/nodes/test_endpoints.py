import itertools

import pytest

from surefoot_nodes import endpoints
from surefoot_nodes.endpoints import Suspicion


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves by the pauses that are taken."""
    now = [0.0]
    monkeypatch.setattr(endpoints.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(endpoints.time, "sleep", lambda s: now.__setitem__(0, now[0] + s))
    return now


def test_known_names_hide_one_endpoint_each():
    names = ["/twin_node_io", "/twin_node_io", "/arm/driver"]
    assert endpoints.without(names, ["twin_node_io"]) == ["/twin_node_io", "/arm/driver"]


def test_command_line_tools_only_look():
    assert endpoints.without(["/_ros2cli_123", "/rviz"], []) == ["/rviz"]


def test_clear_once_nothing_was_found_for_the_whole_settling_time(clock):
    assert endpoints.wait_until_clear(lambda: [], 1.5, 8.0) == []
    assert clock[0] == pytest.approx(1.5, abs=0.1)


def test_company_that_stays_is_reported_after_patience(clock):
    assert endpoints.wait_until_clear(lambda: ["/driver"], 1.5, 8.0) == ["/driver"]
    assert clock[0] == pytest.approx(8.0, abs=0.1)


def test_company_that_goes_away_is_waited_for(clock):
    calls = itertools.count()
    found = endpoints.wait_until_clear(
        lambda: ["/ghost"] if next(calls) * endpoints.PROBE_S < 3.0 else [], 1.5, 8.0
    )
    assert found == []
    assert clock[0] == pytest.approx(4.5, abs=0.2)


NAMELESS = "/_NODE_NAME_UNKNOWN_ listens to a/topic"


def test_a_name_is_company_at_once():
    assert Suspicion().is_sure([NAMELESS, "/arm_driver listens to a/topic"])


def test_a_nameless_endpoint_gets_four_looks_to_be_known():
    suspicion = Suspicion()
    assert [suspicion.is_sure([NAMELESS]) for _ in range(5)] == [False] * 4 + [True]


def test_a_look_that_finds_nobody_begins_anew():
    suspicion = Suspicion()
    found = [suspicion.is_sure(company) for company in ([NAMELESS],) * 4 + ([],) + ([NAMELESS],)]
    assert not any(found)
