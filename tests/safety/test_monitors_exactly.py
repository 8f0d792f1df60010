"""Which monitors a profile asks for, and in which order they are named."""

import pytest
from monitor_rig import axis, robot
from safety_rig import velocity_rail

from rl_agent.safety.company_monitor import CompanyMonitor
from rl_agent.safety.consistency_monitor import ConsistencyMonitor
from rl_agent.safety.contact_monitor import ContactMonitor
from rl_agent.safety.deadline_monitor import DeadlineMonitor
from rl_agent.safety.following_monitor import FollowingMonitor
from rl_agent.safety.frozen_monitor import FrozenMonitor
from rl_agent.safety.health_monitor import HealthMonitor
from rl_agent.safety.monitors import make_monitors, watches_following
from rl_agent.safety.presence_monitor import PresenceMonitor
from rl_agent.safety.tilt_monitor import TiltMonitor
from rl_agent.spec import HealthSpec, SafetySpec

ALWAYS = [DeadlineMonitor, CompanyMonitor, FrozenMonitor, ConsistencyMonitor]
WATCHED = axis("watched", max_following_error=0.1)


@pytest.mark.parametrize(
    ("safety", "more"),
    [
        ({}, []),
        ({"max_tilt_rad": 0.5}, [TiltMonitor]),
        ({"max_contact": 0.5}, [ContactMonitor]),
        ({"health": HealthSpec(min_battery_v=10.5)}, [HealthMonitor]),
        ({"presence_ms": 300.0}, [PresenceMonitor]),
    ],
)
def test_each_is_made_where_the_profile_has_its_bound(safety, more):
    spec = robot(axis("a"), safety=SafetySpec(**safety))
    assert [type(monitor) for monitor in make_monitors(spec)] == ALWAYS + more


def test_following_is_watched_where_one_joint_has_a_bound():
    assert not watches_following(robot(axis("a"), axis("b")))
    one = robot(axis("a"), WATCHED)
    assert watches_following(one)
    assert [type(monitor) for monitor in make_monitors(one)] == [*ALWAYS, FollowingMonitor]


def test_a_velocity_controller_has_no_following_error():
    controller = velocity_rail().controller
    assert not watches_following(robot(WATCHED, controller=controller))
