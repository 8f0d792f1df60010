"""`surefoot explain`: what happened when the gate tripped, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def explain_verb(
    path: Annotated[
        Path,
        typer.Argument(help="Black box, folder of them (the newest is taken), or recording."),
    ] = Path("runs/blackbox"),
    robot: Annotated[
        str | None,
        typer.Option(help="Profile's name or file, where the recording brings none."),
    ] = None,
    trip: Annotated[
        int | None, typer.Option(min=1, help="Which trip of a longer recording; default: the last.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print figures, not words.")] = False,
) -> None:
    """Tell what happened: what tripped, how the robot stopped, and what to do next.

    `surefoot up` keeps the last 10 s before each trip in runs/blackbox; recordings of
    `--record` can be explained as well.

    Examples: `surefoot explain`, `surefoot explain runs/blackbox/trip-20261127T101500Z-1`.
    """
    from rl_agent.reporting.explain import explain
    from rl_agent.reporting.trip_record import open_record

    found = explain(open_record(path, robot), trip)
    if as_json:
        typer.echo(found.to_json())
        return
    from rich.console import Console

    from rl_agent.reporting.explain_text import print_explanation

    print_explanation(found, Console())
