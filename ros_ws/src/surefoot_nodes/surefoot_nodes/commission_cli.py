"""The verbs `surefoot robot jog` and `surefoot robot calibrate`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

NODE = "surefoot_jog"
Robot = Annotated[str, typer.Option(help="A shipped robot's name, or a profile's YAML file.")]
Namespace = Annotated[str, typer.Option(help="ROS namespace of the robot.")]
Domain = Annotated[int | None, typer.Option(help="ROS_DOMAIN_ID of the robot's graph.")]


def jog(robot: Robot = "so101", namespace: Namespace = "", domain: Domain = None) -> int:
    """Move one joint at a time by hand on the keyboard, at 5 % of its speed, through the gate.

    Needs a running gate: `surefoot up robot --actor none`, or, to try it, `surefoot up twin --actor
    none --no-arm` (then --domain 42). A joint moves only while a key is held. Quitting disarms.
    """
    from rl_agent.robots.profile import load_robot

    from .environment import insist_on_ros

    insist_on_ros()
    spec = load_robot(robot)
    from . import jog_run
    from .operator_session import operator_session

    with operator_session(NODE, namespace, domain) as session:
        return jog_run.jog(spec, session)


def calibrate(
    robot: Robot = "so101",
    joint: Annotated[
        list[str] | None, typer.Option(help="Joint to calibrate, several times; all if left out.")
    ] = None,
    scale: Annotated[
        bool, typer.Option("--scale", help="Find the scale as well, from two known poses.")
    ] = False,
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="You move the joints; nothing is commanded.")
    ] = False,
    answers: Annotated[
        Path | None,
        typer.Option(help="File of answers, for scripts; motion needs a held + all the same."),
    ] = None,
    namespace: Namespace = "",
    domain: Domain = None,
) -> int:
    """Find sign, offset and scale of joints on the real robot, and write them into the profile.

    One joint after the other: move it and say which way it went, bring it to a known pose or end
    stop and say where that is. Comments in the profile stay; the old file is kept as .bak; a
    shipped profile is copied to the current folder and changed there.

    Where the robot reads degrees the gate refuses to arm: use --by-hand --scale first.
    """
    from rl_agent.robots.profile import load_robot

    from .environment import insist_on_ros

    insist_on_ros()
    spec = load_robot(robot)
    from . import calibrate_run
    from .operator_session import operator_session

    options = calibrate_run.joints_of(spec, joint or (), answers)
    options = replace(options, solve_scale=scale, by_hand=by_hand)
    with operator_session(NODE, namespace, domain) as session:
        return calibrate_run.calibrate(spec, session, options)
