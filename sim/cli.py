"""Verbs of this room: `surefoot robot check` and `surefoot robot list`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from rl_agent.exceptions import Problem
    from rl_agent.spec import RobotSpec

app = typer.Typer(
    help="Look at robot profiles and their twins.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def robot() -> None:
    """Look at robot profiles and their twins."""


@app.command("list")
def list_robots() -> None:
    """Show the robots that ship with Surefoot."""
    from rich.console import Console
    from rich.table import Table

    from rl_agent.robots.profile import available_robots, load_robot

    table = Table("robot", "joints", "controller", "policy", "what it is")
    for name in available_robots():
        spec = load_robot(name)
        rate = f"{spec.policy_hz:g} Hz"
        table.add_row(name, str(len(spec.joints)), spec.controller.type, rate, spec.description)
    Console().print(table)


@app.command("check")
def check(
    robot: Annotated[str, typer.Argument(help="A shipped robot's name, or a profile's YAML file.")],
) -> None:
    """Compare a robot profile with its MJCF and list every difference at once.

    The profile is what training, the twin and the safety process obey; the MJCF is what the twin is
    made of. The check goes through joint names and their order, driver sign and scale, joint types
    and units, ranges, speeds and efforts (a profile may tighten what the MJCF allows, never loosen
    it), controller against actuator type, rates, and the tool.

    Where a looser bound is meant, the check prints the word to write into the profile as
    twin.acknowledged_loosening; it holds for exactly those numbers.

    Exit status: 0 when both agree, 2 when they differ or the profile does not hold.

    Examples: `surefoot robot check so101`, `surefoot robot check my_arm.yaml`.
    """
    from rich.console import Console

    from rl_agent.robots.profile import load_robot
    from sim.check import compare

    spec = load_robot(robot)
    problems = compare(spec)
    console = Console()
    if not problems:
        console.print(_summary_table(spec))
        console.print(f"{spec.name}: profile and MJCF agree.")
        return
    console.print(_problem_table(problems))
    count = len(problems)
    console.print(
        f"{spec.name}: {count} difference{'s' if count != 1 else ''} between {spec.source} "
        f"and {spec.twin.mjcf}.",
        soft_wrap=True,
    )
    raise typer.Exit(2)


def _problem_table(problems: Sequence[Problem]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table("where", "what")
    for problem in problems:
        table.add_row(escape(problem.path), escape(problem.message))
    return table


def _summary_table(spec: RobotSpec) -> Table:
    from rich.table import Table

    table = Table("joint", "type", "range", "max speed", "max acceleration", "home")
    for joint in spec.joints:
        unit = "m" if joint.type == "prismatic" else "rad"
        table.add_row(
            joint.name if joint.is_actuated else f"{joint.name} (passive)",
            joint.type,
            f"{joint.lower:g} … {joint.upper:g} {unit}",
            f"{joint.max_velocity:g} {unit}/s",
            f"{joint.max_acceleration:g} {unit}/s²",
            f"{joint.home:g}",
        )
    return table
