"""What `surefoot up` does: checks everything that a user may have mistyped, then supervises."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rl_agent.exceptions import GraphError, Problem, ProfileError
from rl_agent.robots.profile import load_robot

from .environment import MAX_DOMAIN, graph_environment
from .graph import GraphConfig, Kind, make_graph
from .parameters import check_values, read_parameter_file

LOG_LEVELS = ("debug", "info", "warn", "error")


@dataclass(frozen=True, kw_only=True)
class UpOptions:
    """The options of `surefoot up`."""

    robot: str = "so101"
    bundle: Path | None = None
    actor: str = ""
    task: str = ""
    policy_hz: float = 0.0
    goal_period_s: float = 0.0
    seed: int = 0
    auto_arm: bool = False
    record: Path | None = None
    params: Path | None = None
    namespace: str = ""
    domain: int | None = None
    log_level: str = "warn"


def run_graph(kind: Kind, options: UpOptions) -> int:
    """Check, start and supervise a graph; return the exit status.

    Raises:
        SurefootError: A mistake in what was asked for; nothing was started.
    """
    config = make_config(options)
    _insist_on_rclpy()
    os.environ.update(graph_environment(kind, options.domain))
    from .supervisor import Supervisor

    print(_greeting(kind, config), flush=True)
    supervisor = Supervisor(
        make_graph(kind, config),
        namespace=options.namespace,
        log_level=options.log_level,
        auto_arm=options.auto_arm and kind == "twin",
        environment={"RCUTILS_CONSOLE_OUTPUT_FORMAT": "[{severity}] [{name}]: {message}"},
        say=lambda line: print(f"[surefoot] {line}", flush=True),
    )
    return supervisor.run()


def make_config(options: UpOptions) -> GraphConfig:
    """Return what to start.

    Raises:
        SurefootError: Profile, bundle, parameter file or an option does not hold.
    """
    overrides = read_parameter_file(options.params) if options.params else {}
    task, policy_hz = options.task, options.policy_hz
    if options.bundle is not None:
        manifest = _read_manifest(options.bundle)
        task = task or manifest.task
        policy_hz = policy_hz or float(manifest.contract["policy_hz"])
    config = GraphConfig(
        robot=_absolute(options.robot),
        bundle=str(options.bundle.absolute()) if options.bundle else "",
        task=task or "reach",
        actor=options.actor,
        policy_hz=policy_hz,
        goal_period_s=options.goal_period_s,
        seed=options.seed,
        record=str(options.record.absolute()) if options.record else "",
        overrides=overrides,
    )
    _check(config, options)
    spec = load_robot(config.robot, policy_hz=config.policy_hz or None)
    if config.acts_as == "onnx":
        from rl_agent.deploy.contract import check_contract, expected_contract

        check_contract(expected_contract(spec, None), manifest.contract, str(options.bundle))
    return replace(config, has_goals=config.task != "swing_up")


def _check(config: GraphConfig, options: UpOptions) -> None:
    values = {"actor": config.acts_as, "seed": config.seed, "policy_hz": config.policy_hz}
    problems = check_values("policy_node", values, "--")
    if options.log_level not in LOG_LEVELS:
        expected = ", ".join(LOG_LEVELS)
        problems.append(Problem("--log-level", f"expected {expected}, got {options.log_level!r}"))
    if options.domain is not None and not 0 <= options.domain <= MAX_DOMAIN:
        problems.append(Problem("--domain", f"expected 0 to {MAX_DOMAIN}, got {options.domain}"))
    if options.record is not None and options.record.exists():
        problems.append(Problem("--record", f"{options.record} exists already; name a new folder"))
    if config.acts_as == "onnx" and not config.bundle:
        problems.append(Problem("--bundle", "is needed by the actor onnx; see `surefoot export`"))
    if config.acts_as == "dls" and config.task != "reach":
        message = "only reach can be done without a policy; give --bundle, or --actor random"
        problems.append(Problem("--task", message))
    if problems:
        raise ProfileError("surefoot up", problems)


def _read_manifest(bundle: Path) -> Any:
    from rl_agent.deploy.manifest import read_manifest

    return read_manifest(bundle)


def _absolute(robot: str) -> str:
    return (
        str(Path(robot).absolute()) if "/" in robot or robot.endswith((".yaml", ".yml")) else robot
    )


def _insist_on_rclpy() -> None:
    if importlib.util.find_spec("rclpy") is None:
        raise GraphError(
            "no ROS 2 here: source /opt/ros/jazzy/setup.bash, or on x86-64 install surefoot[ros]"
        )


def _greeting(kind: Kind, config: GraphConfig) -> str:
    who = {
        "onnx": f"the policy in {config.bundle}",
        "dls": "damped least squares (no --bundle given; `surefoot demo` trains a policy)",
        "random": "random actions",
        "zero": "nobody",
    }[config.acts_as]
    where = f", ROS domain {os.environ.get('ROS_DOMAIN_ID', '0')}"
    return f"[surefoot] {kind} {config.robot}{where}: {who}. Ctrl-C brakes and ends everything."
