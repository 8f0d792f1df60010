"""Health at the edges: at most 65 C and 2 A, at least 10.5 V, each heard of every 5 s."""

import pytest
from monitor_rig import seen

from rl_agent.safety.health_monitor import MAX_NAMES, HealthMonitor
from rl_agent.safety.signals import HealthReading, Heartbeat
from rl_agent.spec import HealthSpec
from rl_agent.types import Reason

GOOD = {"temperature": 65.0, "current": 2.0, "battery": 10.5}


def watching():
    return HealthMonitor(HealthSpec(max_temperature_c=65.0, max_current_a=2.0, min_battery_v=10.5))


@pytest.fixture
def monitor():
    monitor = watching()
    for quantity in GOOD:
        tell(monitor, quantity, GOOD[quantity])
    return monitor


def tell(monitor, quantity, value, name="elbow", received_s=1.0):
    monitor.hear(HealthReading(quantity, name, value, received_s))


def obstacle(monitor, now_s=1.0):
    return monitor.obstacle(now_s, seen().measurement)


@pytest.mark.parametrize(
    ("quantity", "value", "words"),
    [
        ("temperature", 65.0, ""),
        ("temperature", -20.0, ""),
        ("temperature", 65.1, "temperature of elbow is 65.1 C, more than the 65 C allowed"),
        ("current", 2.01, "current of elbow is 2.01 A, more than the 2 A allowed"),
        ("battery", 10.4, "battery of elbow is 10.4 V, less than the 10.5 V allowed"),
        ("battery", 99.0, ""),
    ],
)
def test_what_is_beyond_its_bound_stops_and_refuses(monitor, quantity, value, words):
    tell(monitor, quantity, value)
    assert monitor.check(seen(1.0)) == ((Reason.HEALTH, words, True) if words else None)
    assert obstacle(monitor) == words
    tell(monitor, quantity, GOOD[quantity])
    assert monitor.check(seen(1.0)) is None
    assert obstacle(monitor) == ""


def test_only_the_same_motors_good_reading_clears_a_bad_one(monitor):
    tell(monitor, "temperature", 70.0)
    tell(monitor, "temperature", 30.0, name="wrist")
    assert monitor.check(seen(1.0)) is not None
    tell(monitor, "temperature", 71.0)
    assert obstacle(monitor).startswith("temperature of elbow is 71 C")


def test_a_reading_without_a_name_is_the_robots(monitor):
    tell(monitor, "battery", 9.0, name="")
    assert obstacle(monitor) == "battery of the robot is 9 V, less than the 10.5 V allowed"


@pytest.mark.parametrize("quantity", list(GOOD))
@pytest.mark.parametrize(("age_s", "is_missing"), [(5.0, False), (5.01, True)])
def test_each_quantity_must_be_heard_of_within_five_seconds(monitor, quantity, age_s, is_missing):
    for other in GOOD:
        tell(monitor, other, GOOD[other], received_s=1.0 if other == quantity else 6.0)
    words = f"no {quantity} was reported for 5 s, and the profile watches it" if is_missing else ""
    assert obstacle(monitor, 1.0 + age_s) == words
    found = monitor.check(seen(1.0 + age_s))
    assert found == ((Reason.HEALTH, words, False) if words else None)


def test_what_was_never_heard_of_is_missing():
    assert obstacle(watching(), 0.0).startswith("no temperature was reported")


def test_only_what_the_profile_bounds_is_watched():
    monitor = HealthMonitor(HealthSpec(min_battery_v=10.5))
    tell(monitor, "temperature", 500.0)
    assert obstacle(monitor).startswith("no battery was reported")
    tell(monitor, "battery", 12.0)
    assert monitor.check(seen(1.0)) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_not_heard(monitor, value):
    tell(monitor, "current", value, received_s=9.0)
    tell(monitor, "temperature", 65.0, received_s=9.0)
    assert obstacle(monitor, 9.0).startswith("no current was reported")


def test_other_signals_are_nothing_to_it(monitor):
    monitor.hear(Heartbeat(9.0))
    assert obstacle(monitor) == ""
    assert obstacle(monitor, 9.0).startswith("no temperature")


def test_no_more_names_are_kept_than_motors_can_be(monitor):
    for n in range(MAX_NAMES + 3):
        tell(monitor, "current", 3.0, name=f"motor{n}")
    assert len(monitor.get_state()["bad"]) == MAX_NAMES
    # Those that are kept are kept up to date.
    tell(monitor, "current", 4.0, name="motor0")
    assert obstacle(monitor).startswith("current of motor0 is 4 A")


def test_it_goes_on_where_it_was_saved(monitor):
    tell(monitor, "current", 3.0)
    other = watching()
    other.set_state(monitor.get_state())
    assert obstacle(other) == "current of elbow is 3 A, more than the 2 A allowed"
    tell(other, "current", 1.0)
    assert obstacle(other, 6.0) == ""
    assert obstacle(other, 6.01) != ""
    assert obstacle(monitor) != ""
