"""What `surefoot up` does: checks everything that a user may have mistyped, then supervises."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rl_agent.data.journal import JournalConfig
from rl_agent.exceptions import Problem, ProfileError
from rl_agent.exploration.exploring import Exploring
from rl_agent.robots.profile import load_robot, nearest
from rl_agent.spec import RobotSpec
from rl_agent.tasks.registry import TASKS

from .enclaves import insist_on_keystore
from .environment import MAX_DOMAIN, graph_environment, insist_on_ros
from .graph import NO_ACTOR, GraphConfig, Kind, Link, make_graph
from .parameters import check_values, read_parameter_file
from .shares import read_share

if TYPE_CHECKING:
    from .bringup import Bringup
    from .supervisor import Onlooker

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
    speed: str = "1.0"
    has_teleop: bool = False
    record: Path | None = None
    blackbox: str = ""
    """Folder; empty for none."""
    params: Path | None = None
    namespace: str = ""
    domain: int | None = None
    log_level: str = "warn"
    run: Path | None = None
    """Folder of a live run; a learner works beside the policy."""
    link: Link | None = None
    """Of a live run whose learner is elsewhere."""
    exploring: Exploring = field(default_factory=Exploring)
    journal: JournalConfig = field(default_factory=JournalConfig)
    is_lockstep: bool = False
    meet_every: int = 0
    num_steps: int = 0
    reset: str = "none"
    judge: str = "task"


def _print_line(line: str) -> None:
    print(f"[surefoot] {line}", flush=True)


def run_graph(
    kind: Kind,
    options: UpOptions,
    *,
    say: Callable[[str], None] = _print_line,
    onlookers: Sequence[Onlooker] = (),
    before_arming: Callable[[Bringup], None] | None = None,
) -> int:
    """Check, start and supervise a graph; return the exit status.

    Raises:
        SurefootError: A mistake in what was asked for; nothing was started.
    """
    config = make_config(options)
    insist_on_ros()
    insist_on_keystore("supervisor")
    os.environ.update(graph_environment(kind, options.domain))
    from .supervisor import Supervisor

    nodes = make_graph(kind, config)
    say(_greeting(kind, config))
    supervisor = Supervisor(
        nodes,
        namespace=options.namespace,
        log_level=options.log_level,
        auto_arm=options.auto_arm and kind == "twin",
        environment={"RCUTILS_CONSOLE_OUTPUT_FORMAT": "[{severity}] [{name}]: {message}"},
        say=say,
        onlookers=onlookers,
        before_arming=before_arming,
    )
    return supervisor.run()


def make_config(options: UpOptions) -> GraphConfig:
    """Return what to start.

    Raises:
        SurefootError: Profile, bundle, parameter file or an option does not hold.
    """
    overrides = read_parameter_file(options.params) if options.params else {}
    manifest = _read_manifest(options.bundle) if options.bundle is not None else None
    bundles_task = manifest.task if manifest is not None else ""
    bundles_hz = float(manifest.contract["policy_hz"]) if manifest is not None else 0.0
    config = GraphConfig(
        robot=_absolute(options.robot),
        bundle=str(options.bundle.absolute()) if options.bundle else "",
        task=options.task or bundles_task or "reach",
        actor=options.actor,
        policy_hz=options.policy_hz or bundles_hz,
        goal_period_s=options.goal_period_s,
        seed=options.seed,
        record=str(options.record.absolute()) if options.record else "",
        # A box is filled by wall time, and in lock-step says nothing.
        blackbox=str(Path(options.blackbox).absolute())
        if options.blackbox and not options.is_lockstep
        else "",
        speed=read_share(options.speed, "--speed"),
        has_teleop=options.has_teleop,
        run=str(options.run.absolute()) if options.run else "",
        link=options.link,
        exploring=options.exploring,
        journal=options.journal,
        is_lockstep=options.is_lockstep,
        meet_every=options.meet_every,
        num_steps=options.num_steps,
        reset=options.reset,
        judge=options.judge,
        overrides=overrides,
    )
    problems = [*_option_problems(options), *_config_problems(config)]
    config = _share(config, problems)
    if manifest is not None and not problems:
        _check_signature(options.bundle, manifest, config)
    task_class = _task_class(config.task, problems)
    if problems:
        raise ProfileError("surefoot up", problems)
    spec = _load_spec(config)
    if manifest is not None and config.acts_as == "onnx":
        from rl_agent.deploy.contract import check_contract, expected_contract

        check_contract(expected_contract(spec, None), manifest.contract, str(options.bundle))
    has_goals = getattr(task_class, "goal_dim", 0) == 3 and spec.tool is not None
    if message := _reset_problem(config, has_goals and config.goal_period_s > 0.0):
        raise ProfileError("surefoot live", [Problem("--reset", message)])
    return replace(config, has_goals=has_goals)


def _reset_problem(config: GraphConfig, gives_goals: bool) -> str:
    if config.reset == "backward" and not gives_goals:
        return "backward needs goals, and --goal-period above 0; take start, or human"
    if config.reset == "none" and config.judge != "task" and not gives_goals:
        return "without goals nothing undoes what was judged; take start, or human"
    return ""


def _option_problems(options: UpOptions) -> list[Problem]:
    problems = []
    if options.log_level not in LOG_LEVELS:
        expected = ", ".join(LOG_LEVELS)
        problems.append(Problem("--log-level", f"expected {expected}, got {options.log_level!r}"))
    if options.domain is not None and not 0 <= options.domain <= MAX_DOMAIN:
        problems.append(Problem("--domain", f"expected 0 to {MAX_DOMAIN}, got {options.domain}"))
    if options.record is not None and options.record.exists():
        problems.append(Problem("--record", f"{options.record} exists already; name a new folder"))
    if options.is_lockstep and options.has_teleop:
        problems.append(Problem("--teleop", "a person cannot repeat himself; leave out --lockstep"))
    return problems


def _config_problems(config: GraphConfig) -> list[Problem]:
    values = {"actor": config.acts_as, "seed": config.seed, "policy_hz": config.policy_hz}
    if config.actor == NO_ACTOR:
        values.pop("actor")
    problems = check_values("policy_node", values, "--")
    problems += [
        Problem(f"{node}.{name}", "is no setting of a file; use --lockstep")
        for node, given in config.overrides.items()
        for name in sorted({"lockstep", "meet_every"} & given.keys())
    ]
    if config.acts_as == "live" and not config.run:
        message = "live needs somebody who learns; `surefoot live` starts both"
        problems.append(Problem("--actor", message))
    if config.acts_as == "onnx" and not config.bundle:
        problems.append(Problem("--bundle", "is needed by the actor onnx; see `surefoot export`"))
    if config.acts_as == "dls" and config.task != "reach":
        message = "only reach can be done without a policy; give --bundle, or --actor random"
        problems.append(Problem("--task", message))
    return problems


def _share(config: GraphConfig, problems: list[Problem]) -> GraphConfig:
    """Let robot and rates of a parameter file hold for all nodes; they must not differ."""
    for key in ("robot", "policy_hz", "gate_hz"):
        given = {node: values[key] for node, values in config.overrides.items() if key in values}
        if len(set(given.values())) > 1:
            told = ", ".join(f"{node} has {value}" for node, value in given.items())
            problems.append(Problem(key, f"must be the same for all nodes; {told}"))
        elif given:
            config = replace(config, **{key: next(iter(given.values()))})
    return config


def _task_class(task: str, problems: list[Problem]) -> Any:
    module, _, name = TASKS.get(task, task).partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        message = f"no such task: {task!r}{nearest(task, TASKS)}; known: {', '.join(TASKS)}"
        problems.append(Problem("--task", message))
        return None


def _read_manifest(bundle: Path) -> Any:
    from rl_agent.deploy.manifest import read_files, read_manifest

    manifest = read_manifest(bundle)
    read_files(bundle, manifest)  # compares every sha256
    return manifest


def _check_signature(bundle: Path | None, manifest: Any, config: GraphConfig) -> None:
    """Refuse what the robot's pinned key did not sign, before the bundle's task is imported."""
    from rl_agent.deploy.signing import check_signature

    if bundle is not None:
        check_signature(bundle, manifest, _load_spec(config).signing_key)


def _load_spec(config: GraphConfig) -> RobotSpec:
    rates = {key: getattr(config, key) or None for key in ("policy_hz", "gate_hz")}
    return load_robot(config.robot, **rates)


def _absolute(robot: str) -> str:
    return (
        str(Path(robot).absolute()) if "/" in robot or robot.endswith((".yaml", ".yml")) else robot
    )


def _greeting(kind: Kind, config: GraphConfig) -> str:
    who = {
        "onnx": f"the policy in {config.bundle}",
        "dls": "damped least squares (no --bundle given; `surefoot demo` trains a policy)",
        "random": "random actions",
        "zero": "nobody",
        "live": f"a policy that learns, in {config.run}{_learner_words(config)}",
        NO_ACTOR: "the gate alone; `surefoot robot jog` moves it",
    }[config.acts_as]
    where = f", ROS domain {os.environ.get('ROS_DOMAIN_ID', '0')}"
    where += ", in lock-step" if config.is_lockstep else ""
    speed = "" if config.speed == 1.0 else f" Speed {config.speed:.0%}; see `surefoot speed`."
    end = "Ctrl-C brakes and ends everything."
    return f"{kind} {config.robot}{where}: {who}.{speed} {end}"


def _learner_words(config: GraphConfig) -> str:
    return f", from {config.link.learner} as {config.link.robot_id}" if config.link else ""
