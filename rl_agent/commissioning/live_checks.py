"""All checks of a stretch of joint_states, in the order in which one needs the other."""

from __future__ import annotations

from collections.abc import Sequence

from rl_agent.commissioning.finding import Finding, Outcome, mismatch
from rl_agent.commissioning.pose_checks import PoseModel, check_effort, check_overlap
from rl_agent.commissioning.reading import Reading, track_of
from rl_agent.commissioning.stream_checks import (
    MIN_READINGS,
    check_finite,
    check_jitter,
    check_names,
    check_rate,
    check_sizes,
    check_stamps,
)
from rl_agent.commissioning.unit_checks import check_range, check_velocity, describe_pose
from rl_agent.spec import RobotSpec


def check_meaning(spec: RobotSpec, readings: Sequence[Reading]) -> list[Finding]:
    """Return what can be said of few readings: names, sizes, numbers, stamps, units, velocity.

    Cheap enough for the moment of arming. Checks that need earlier ones to hold are left out.
    """
    found = [check_names(spec, readings), check_sizes(readings), check_finite(readings)]
    found.append(check_stamps(readings))
    if any(finding.outcome is Outcome.MISMATCH for finding in found):
        return found
    track = track_of(spec, readings)
    return [*found, check_range(spec, track), check_velocity(spec, track)]


def check_live(
    spec: RobotSpec, readings: Sequence[Reading], model: PoseModel | None = None
) -> list[Finding]:
    """Return everything that a second or two of readings tell."""
    if len(readings) < MIN_READINGS:
        words = f"{len(readings)} readings arrived"
        remedy = "start the robot's driver; check --namespace, --domain and ROS_DOMAIN_ID"
        return [mismatch("joint_states", words, remedy)]
    found = check_meaning(spec, readings)
    rates = [check_rate(spec, readings), check_jitter(spec, readings)]
    if any(finding.outcome is Outcome.MISMATCH for finding in found):
        return [*found, *rates]
    track = track_of(spec, readings)
    poses = [check_overlap(track, model), check_effort(spec, track, model)]
    return [*found, *rates, *poses, describe_pose(spec, track)]
