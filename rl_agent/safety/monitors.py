"""The monitors that a profile asks for."""

from __future__ import annotations

from rl_agent.safety.company_monitor import CompanyMonitor
from rl_agent.safety.consistency_monitor import ConsistencyMonitor
from rl_agent.safety.contact_monitor import ContactMonitor
from rl_agent.safety.deadline_monitor import DeadlineMonitor
from rl_agent.safety.following_monitor import FollowingMonitor
from rl_agent.safety.frozen_monitor import FrozenMonitor
from rl_agent.safety.health_monitor import HealthMonitor
from rl_agent.safety.monitor import Monitor
from rl_agent.safety.presence_monitor import PresenceMonitor
from rl_agent.safety.tilt_monitor import TiltMonitor
from rl_agent.spec import ControllerType, HealthSpec, RobotSpec


def make_monitors(spec: RobotSpec) -> tuple[Monitor, ...]:
    """Return them; of several that object the first is named."""
    safety = spec.safety
    monitors: list[Monitor] = [
        DeadlineMonitor(spec),
        CompanyMonitor(),
        FrozenMonitor(spec),
        ConsistencyMonitor(spec),
    ]
    if safety.max_tilt_rad is not None:
        monitors.append(TiltMonitor(safety.max_tilt_rad))
    if safety.max_contact is not None:
        monitors.append(ContactMonitor(spec, safety.max_contact))
    if safety.health != HealthSpec():
        monitors.append(HealthMonitor(safety.health))
    if safety.presence_ms is not None:
        monitors.append(PresenceMonitor(safety.presence_ms))
    if watches_following(spec):
        monitors.append(FollowingMonitor(spec))
    return tuple(monitors)


def watches_following(spec: RobotSpec) -> bool:
    """Tell whether a following error is watched for.

    With a velocity controller the command's position is the measured one, so there is none.
    """
    if spec.controller.type is ControllerType.FORWARD_VELOCITY:
        return False
    return any(joint.max_following_error is not None for joint in spec.command_joints)
