"""What the launch files share: they cannot import each other, but they can import this.

The same graph as `surefoot up`, from the same graph.py. `launch` is imported inside, because it
exists only where ROS is installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .environment import graph_environment
from .graph import Kind, NodeSpec, make_graph
from .up import UpOptions, make_config


@dataclass(frozen=True)
class Argument:
    """One launch argument; its value is text, as launch has it."""

    name: str
    default: str
    description: str


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
AUTO_ARM = Argument("auto_arm", "true", "Arm the gate once all nodes are active.")


def launch_arguments(kind: Kind) -> list[Argument]:
    """Return the arguments of a graph's launch file."""
    goals = Argument("goal_period_s", GOAL_PERIOD_S[kind], "Time between random goals; 0: none.")
    own = [] if kind in ("observe", "teleop") else [BLACKBOX]
    if kind in SPEED:
        own += [
            Argument("speed", SPEED[kind], "Share of the velocity limits to begin with."),
            Argument("teleop", "false", "Let a joystick take over (topic joy, button held)."),
        ]
    return [*ARGUMENTS, goals, *own, *((DOMAIN, AUTO_ARM) if kind == "twin" else ())]


def make_launch_description(kind: Kind) -> Any:
    """Return the LaunchDescription of a graph."""
    from launch.actions import DeclareLaunchArgument, OpaqueFunction

    from launch import LaunchDescription

    declared = [
        DeclareLaunchArgument(a.name, default_value=a.default, description=a.description)
        for a in launch_arguments(kind)
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_start, args=[kind])])


def _start(context: Any, kind: Kind) -> list[Any]:
    """Return the actions, once the arguments' values are known.

    Raises:
        SurefootError: Something that the user wrote does not hold; launch prints it and ends.
    """
    from launch.actions import SetEnvironmentVariable
    from launch.substitutions import LaunchConfiguration

    values = {a.name: LaunchConfiguration(a.name).perform(context) for a in launch_arguments(kind)}
    config = make_config(_options(values))
    specs = make_graph(kind, config)
    domain = values.get("domain", "")
    environment = graph_environment(kind, int(domain) if domain else None)
    names = [spec.executable for spec in specs]
    supervisor = NodeSpec(
        executable="supervisor",
        parameters={
            "nodes": names,
            "autostart": _truth(values["autostart"]),
            "auto_arm": _truth(values.get("auto_arm", "false")),
        },
        order=len(specs),
    )
    variables = [SetEnvironmentVariable(name, value) for name, value in environment.items()]
    return [*variables, *(_node(spec, values) for spec in [*specs, supervisor])]


def _node(spec: NodeSpec, values: dict[str, str]) -> Any:
    from launch_ros.actions import Node

    sim_time = {"use_sim_time": _truth(values["use_sim_time"])}
    return Node(
        package=spec.package,
        executable=spec.executable,
        name=spec.executable,
        namespace=values["namespace"],
        parameters=[{**spec.parameters, **sim_time}],
        remappings=list(spec.remaps),
        respawn=spec.respawn and _truth(values["use_respawn"]),
        output="screen",
        ros_arguments=["--log-level", values["log_level"]],
    )


def _options(values: dict[str, str]) -> UpOptions:
    return UpOptions(
        robot=values["robot"],
        bundle=_path(values["bundle"]),
        actor=values["actor"],
        task=values["task"],
        policy_hz=float(values["policy_hz"]),
        goal_period_s=float(values["goal_period_s"]),
        seed=int(values["seed"]),
        record=_path(values["record"]),
        blackbox=values.get("blackbox", ""),
        params=_path(values["params_file"]),
        speed=values.get("speed", "1.0"),
        has_teleop=_truth(values.get("teleop", "false")),
        namespace=values["namespace"],
        log_level=values["log_level"],
    )


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _truth(text: str) -> bool:
    return text.lower() in ("true", "1", "yes")
