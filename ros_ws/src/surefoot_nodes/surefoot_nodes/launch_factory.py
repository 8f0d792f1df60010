"""What the launch files share: they cannot import each other, but they can import this.

The same graph as `surefoot up`, from the same graph.py. `launch` is imported inside, because it
exists only where ROS is installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from .environment import graph_environment
from .graph import Kind, NodeSpec, make_graph
from .launch_argument import Argument, is_true
from .launch_train import make_train_action, train_arguments
from .up import UpOptions, make_config

LaunchKind = Kind | Literal["train"]


ARGUMENTS = (
    Argument("namespace", "", "The robot's ROS namespace."),
    Argument("use_sim_time", "false", "For reports only: no control loop reads ROS time."),
    Argument("params_file", "", "Parameter file; every mistake in it is listed at once."),
    Argument("autostart", "true", "Configure and activate the nodes."),
    Argument("log_level", "info", "debug, info, warn or error."),
    Argument("use_respawn", "true", "Start dead nodes again, inactive."),
    Argument("robot", "so101", "A shipped robot's name, or a profile's YAML file."),
    Argument("bundle", "", "Folder of the exported policy."),
    Argument("task", "", "reach, swing_up or module:Class; empty takes the bundle's."),
    Argument("actor", "", "onnx, dls, random or zero; empty takes the bundle, or dls without."),
    Argument("policy_hz", "0.0", "Proposals per second; 0 takes the bundle's or the profile's."),
    Argument("seed", "0", "Of goals and random actions."),
    Argument("record", "", "New folder to record all topics into."),
)
BLACKBOX = Argument(
    "blackbox", "runs/blackbox", "Folder for the last 10 s before each trip; empty: none."
)
GOAL_PERIOD_S = {"twin": "4.0", "robot": "0.0", "observe": "0.0", "teleop": "0.0"}
SPEED = {"twin": "1.0", "robot": "0.25"}
DOMAIN = Argument("domain", "", "ROS_DOMAIN_ID of the twin's graph; empty: the variable's, or 42.")
LOCKSTEP = Argument("lockstep", "false", "The twin's time waits for everybody: repeatable.")
LAUNCH_GRACE_S = 5.0
"""launch's own."""
AUTO_ARM = Argument("auto_arm", "true", "Arm the gate once all nodes are active.")


def launch_arguments(kind: LaunchKind) -> list[Argument]:
    """Return the arguments of a graph's launch file."""
    if kind == "train":
        return train_arguments()
    goals = Argument("goal_period_s", GOAL_PERIOD_S[kind], "Time between random goals; 0: none.")
    own = [] if kind in ("observe", "teleop") else [BLACKBOX]
    if kind in SPEED:
        own += [
            Argument("speed", SPEED[kind], "Share of the velocity limits to begin with."),
            Argument("teleop", "false", "Let a joystick take over (topic joy, button held)."),
        ]
    return [*ARGUMENTS, goals, *own, *((DOMAIN, LOCKSTEP, AUTO_ARM) if kind == "twin" else ())]


def make_launch_description(kind: LaunchKind) -> Any:
    """Return the LaunchDescription of a graph."""
    from launch.actions import DeclareLaunchArgument, OpaqueFunction

    from launch import LaunchDescription

    declared = [
        DeclareLaunchArgument(a.name, default_value=a.default, description=a.description)
        for a in launch_arguments(kind)
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_start, args=[kind])])


def _start(context: Any, kind: LaunchKind) -> list[Any]:
    """Return the actions, once the arguments' values are known.

    Raises:
        SurefootError: Something that the user wrote does not hold; launch prints it and ends.
    """
    from launch.actions import SetEnvironmentVariable
    from launch.substitutions import LaunchConfiguration

    values = {a.name: LaunchConfiguration(a.name).perform(context) for a in launch_arguments(kind)}
    if kind == "train":
        return [make_train_action(values)]
    values["speed"] = values.get("speed") or SPEED.get(kind, "1.0")
    specs = make_graph(kind, make_config(_options(values)))
    domain = values.get("domain", "")
    environment = graph_environment(kind, int(domain) if domain else None)
    names = [spec.executable for spec in specs]
    supervisor = NodeSpec(
        executable="supervisor",
        parameters={
            "nodes": names,
            "autostart": is_true(values["autostart"]),
            "auto_arm": kind == "twin" and is_true(values.get("auto_arm", "false")),
        },
        order=len(specs),
    )
    variables = [SetEnvironmentVariable(name, value) for name, value in environment.items()]
    return [*variables, *(_node(spec, values) for spec in [*specs, supervisor])]


def _node(spec: NodeSpec, values: dict[str, str]) -> Any:
    from launch_ros.actions import Node

    sim_time = {"use_sim_time": is_true(values["use_sim_time"])}
    return Node(
        package=spec.package,
        executable=spec.executable,
        name=spec.executable,
        namespace=values["namespace"],
        parameters=[{**spec.parameters, **sim_time}],
        remappings=list(spec.remaps),
        respawn=spec.respawn and is_true(values["use_respawn"]),
        # SIGINT comes first, and these after it.
        sigterm_timeout=f"{max(LAUNCH_GRACE_S, spec.grace_s):g}",
        output="screen",
        ros_arguments=["--log-level", values["log_level"]],
    )


def _options(values: dict[str, str]) -> UpOptions:
    return UpOptions(
        robot=values.get("robot", ""),
        bundle=_path(values.get("bundle", "")),
        actor=values.get("actor", ""),
        task=values.get("task", ""),
        policy_hz=float(values.get("policy_hz", "0.0")),
        goal_period_s=float(values["goal_period_s"]),
        seed=int(values.get("seed", "0")),
        record=_path(values["record"]),
        blackbox=values.get("blackbox", ""),
        params=_path(values["params_file"]),
        speed=values["speed"],
        has_teleop=is_true(values.get("teleop", "false")),
        is_lockstep=is_true(values.get("lockstep", "false")),
        namespace=values["namespace"],
        log_level=values["log_level"],
    )


def _path(text: str) -> Path | None:
    return Path(text) if text else None
