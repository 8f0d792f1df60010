"""Preflight of a live robot: looks and asks, publishes nothing, moves nothing."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu, JointState

from rl_agent.commissioning.body_checks import body_topics, check_body
from rl_agent.commissioning.company_checks import Company, check_company
from rl_agent.commissioning.controller_checks import check_controller
from rl_agent.commissioning.finding import Finding, mismatch, ok, skipped
from rl_agent.commissioning.live_checks import check_live
from rl_agent.exceptions import ProblemsError, SurefootError
from rl_agent.spec import RobotSpec
from rl_agent.types import Source

from . import qos
from .controller_messages import make_codec
from .controller_parameters import ControllerParameters
from .endpoints import publishers, subscribers, without
from .operator_session import OperatorSession
from .raw_readings import ReadingLog

APPEAR_S = 5.0
"""How long a driver is waited for."""
DISCOVERY_S = 2.6
"""Who is there may be known this late."""
ONLOOKERS = ("recorder_node_io", "rosbag2_recorder")
CAPACITY = 20_000
BODY_MESSAGES: dict[str, type[Any]] = {"imu": Imu, "odom": Odometry}


def check_files(spec: RobotSpec, bundle: Path | None) -> list[Finding]:
    """Return what profile, MJCF and bundle say of each other, without any robot."""
    return [_check_profile(spec), *([_check_bundle(spec, bundle)] if bundle else [])]


def check_robot(spec: RobotSpec, session: OperatorSession, duration_s: float) -> list[Finding]:
    """Return what the live robot says, listening for `duration_s`."""
    log = ReadingLog(CAPACITY)
    session.node.create_subscription(
        JointState,
        "joint_states",
        lambda message: log.note(message, time.monotonic()),
        qos.STATES_IN,
    )
    arrivals_s: dict[str, list[float]] = {topic: [] for topic in body_topics(spec)}
    for topic, times_s in arrivals_s.items():
        session.node.create_subscription(
            BODY_MESSAGES[topic],
            topic,
            lambda _, times_s=times_s: times_s.append(time.monotonic()),
            qos.STATES_IN,
        )
    controller = ControllerParameters(session.node, spec)
    start_s = time.monotonic()
    while not len(log) and time.monotonic() - start_s < APPEAR_S:
        session.executor.spin_once(timeout_sec=0.05)
    # Other sides still discover us: what came first came late.
    listen_s = time.monotonic()
    end_s = max(listen_s + duration_s, start_s + DISCOVERY_S)
    asked_s = 0.0
    while (now_s := time.monotonic()) < end_s:
        if controller.values is None and now_s - asked_s > 0.2:
            controller.ask()
            asked_s = now_s
        session.executor.spin_once(timeout_sec=0.05)
    since_s = max(listen_s, end_s - duration_s)
    body_s = {topic: [t for t in times_s if t >= since_s] for topic, times_s in arrivals_s.items()}
    return [
        *check_company(_company(spec, session)),
        *check_live(spec, log.readings(since_s), _pose_model(spec)),
        *check_body(spec, body_s),
        *check_controller(spec, controller.values),
    ]


def _company(spec: RobotSpec, session: OperatorSession) -> Company:
    node, topic = session.node, make_codec(spec).topic
    proposals = [f"command_raw/{source}" for source in Source]
    return Company(
        controller_topic=topic,
        state_publishers=publishers(node, "joint_states"),
        controller_subscribers=without(subscribers(node, topic), ONLOOKERS),
        controller_publishers=publishers(node, topic),
        proposers={name: publishers(node, name) for name in proposals},
    )


def _check_profile(spec: RobotSpec) -> Finding:
    if find_spec("mujoco") is None:
        return skipped("profile", "no MuJoCo here", "install the extra [twin]")
    from sim.check import compare

    try:
        problems = compare(spec)
    except ProblemsError as error:
        problems = list(error.problems)
    if problems:
        found = "; ".join(str(problem) for problem in problems)
        return mismatch("profile", found, "see `surefoot robot check`")
    return ok("profile", f"{spec.source.name} agrees with {spec.twin.mjcf}")


def _check_bundle(spec: RobotSpec, bundle: Path) -> Finding:
    from rl_agent.deploy.contract import contract_problems, expected_contract
    from rl_agent.deploy.manifest import read_files, read_manifest

    try:
        manifest = read_manifest(bundle)
        read_files(bundle, manifest)
    except SurefootError as error:
        return mismatch("bundle", str(error), "export it again: `surefoot export`")
    expected = expected_contract(spec, None)
    found = {key: value for key, value in manifest.contract.items() if key in expected}
    problems = contract_problems(expected, found)
    if problems:
        words = "; ".join(str(problem) for problem in problems)
        return mismatch("bundle", words, "use the profile it was trained with, or train anew")
    return ok("bundle", f"sha256 holds, contract {manifest.contract_hash[:12]} fits")


def _pose_model(spec: RobotSpec) -> Any:
    if find_spec("mujoco") is None:
        return None
    from sim.check import compare
    from sim.pose_model import MujocoPoseModel

    try:
        return None if compare(spec) else MujocoPoseModel(spec)
    except SurefootError:
        return None  # `_check_profile` says so
