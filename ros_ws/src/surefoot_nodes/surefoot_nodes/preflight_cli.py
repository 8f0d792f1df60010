"""The verb `surefoot preflight`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rl_agent.commissioning.finding import Finding

STYLES = {"ok": "green", "warning": "yellow", "mismatch": "bold red", "skipped": "dim"}


def preflight(
    robot: Annotated[
        str, typer.Option(help="A shipped robot's name, or a profile's YAML file.")
    ] = "so101",
    bundle: Annotated[Path | None, typer.Option(help="Folder of an exported policy.")] = None,
    namespace: Annotated[str, typer.Option(help="ROS namespace of the robot.")] = "",
    domain: Annotated[int | None, typer.Option(help="ROS_DOMAIN_ID of the robot's graph.")] = None,
    duration: Annotated[
        float, typer.Option(min=0.5, max=30.0, help="How long to listen to the robot [s].")
    ] = 1.5,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> int:
    """Compare a running robot with its profile; moves nothing, publishes nothing.

    Looks at profile and MJCF, the bundle, joint_states (names, units, ranges, rate, stamps), who
    publishes and listens, and the controller's own parameters. The gate runs the quick half of it
    by itself whenever it is armed.

    Exit status: 0 when nothing mismatches, 2 otherwise. For a twin: --domain 42.
    """
    from rl_agent.robots.profile import load_robot

    from .environment import insist_on_ros

    insist_on_ros()
    spec = load_robot(robot)
    from .operator_session import operator_session
    from .preflight import check_files, check_robot

    findings = check_files(spec, bundle)
    with operator_session("surefoot_preflight", namespace, domain) as session:
        findings += check_robot(spec, session, duration)
    return report(spec.name, findings, as_json=json)


def report(robot: str, findings: Sequence[Finding], *, as_json: bool) -> int:
    """Print the findings; return the exit status."""
    from rl_agent.commissioning.finding import mismatches

    count = len(mismatches(findings))
    if as_json:
        _print_json(robot, findings, count)
    else:
        _print_table(robot, findings, count)
    return 2 if count else 0


def _print_json(robot: str, findings: Sequence[Finding], count: int) -> None:
    import json
    from dataclasses import asdict

    rows = [asdict(finding) for finding in findings]
    content = {"schema_version": 1, "robot": robot, "mismatches": count, "checks": rows}
    print(json.dumps(content, indent=1))


def _print_table(robot: str, findings: Sequence[Finding], count: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("check", "verdict", "found", "remedy")
    for finding in findings:
        verdict = f"[{STYLES[finding.outcome]}]{finding.outcome}[/]"
        table.add_row(finding.check, verdict, escape(finding.found), escape(finding.remedy))
    console = Console()
    console.print(table)
    words = "nothing mismatches" if not count else f"{count} mismatch{'es' if count > 1 else ''}"
    console.print(f"{robot}: {words}.")
