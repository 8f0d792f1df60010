"""A live run whose learner is on another machine: begun and gone on with, without PyTorch."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from rl_agent.data.disk import write_durably
from rl_agent.deploy.run_contract import keep_contract
from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.judging.judge import TASK
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.live_robot import LiveRobot
from rl_agent.learning.resolve import resolve_config
from rl_agent.learning.run_folder import holds_run, write_config
from rl_agent.remote.address import parse_address
from rl_agent.remote.robot_id import insist_on_robot_id, robot_id_of
from rl_agent.remote.shared_key import SharedKey, key_for
from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec
from rl_agent.tasks.registry import make_task
from rl_agent.tasks.task import Task
from sim.twins import robot_and_task

from .elsewhere import LearnerOptions
from .graph import Link

ID_FILE = "robot_id"
"""In a run's folder: a run that goes on must be known by the name that it had."""


def make_link(options: LearnerOptions, run_dir: Path, keep_versions: int) -> Link:
    """Return the link of a run; nothing is written, and nothing is sent.

    Raises:
        SurefootError: Address, key or name do not hold.
    """
    address = parse_address(options.learner, "--learner")
    key_for(address.host, SharedKey.load(options.key) if options.key is not None else None)
    robot_id = _settle_id(options.robot_id, run_dir)
    insist_on_robot_id(robot_id)
    return Link(
        learner=str(address),
        key=str(options.key.absolute()) if options.key is not None else "",
        robot_id=robot_id,
        keep_versions=keep_versions,
    )


def prepare_remote_run(
    config: TrainConfig, run_dir: Path, link: Link, check: Callable[[LiveRobot], object]
) -> LiveRobot:
    """Begin a run, or check that it may go on; return whom it is about.

    Args:
        config: Its settings.
        run_dir: Its folder.
        link: To its learner.
        check: Raises where it cannot begin for other reasons; nothing is written before.

    Raises:
        SurefootError: There is no such twin, or the run's files do not hold.
    """
    if config.live.judge != TASK:
        message = "only the task judges where the learner is elsewhere; leave it out"
        raise ProblemsError("surefoot live", [Problem("--judge", message)])
    if config.live.sign is not None:
        message = "versions are signed where they are made; give the key to `surefoot learn`"
        raise ProblemsError("surefoot live", [Problem("--sign", message)])
    spec, task, robot = _robot_of(config)
    check(robot)
    keep_contract(run_dir, spec, task)
    if not holds_run(run_dir):
        write_config(run_dir, resolve_config(config, task.gamma))
    write_durably(run_dir / ID_FILE, f"{link.robot_id}\n".encode())
    return robot


def _robot_of(config: TrainConfig) -> tuple[RobotSpec, Task, LiveRobot]:
    from sim.kinematics import kinematics_for

    options = config.env_options
    name = robot_and_task(config.env, options)
    rates = {key: options.get(key) for key in ("policy_hz", "gate_hz")}
    spec = load_robot(name.robot, **rates)
    task = make_task(name.task, spec, kinematics_for(spec))
    return spec, task, LiveRobot(robot=name.robot, task=name.task, policy_hz=spec.policy_hz)


def _settle_id(given: str, run_dir: Path) -> str:
    path = run_dir / ID_FILE
    noted = path.read_text(encoding="utf-8").strip()[:1000] if path.exists() else ""
    if given and noted and given != noted:
        message = f"this run is known to its learner as {noted!r}, not {given!r}; leave it out"
        raise ProblemsError(str(run_dir), [Problem("--robot-id", message)])
    return given or noted or robot_id_of(socket.gethostname())
