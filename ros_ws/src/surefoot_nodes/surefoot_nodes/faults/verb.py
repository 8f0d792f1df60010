"""`surefoot faults`: what may go wrong is made to go wrong, and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FAILED = 1
INTERRUPTED = 130


def faults_verb(
    row: Annotated[
        list[int] | None, typer.Option("--row", help="Number of a row; may be given repeatedly.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer repeats.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for faults.json and the processes' logs.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of moments and losses.")] = 0,
    soak_min: Annotated[
        float | None, typer.Option(help="Minutes of the soak (row 40); default: half a minute.")
    ] = None,
    domain: Annotated[
        int | None, typer.Option(min=0, max=101, help="ROS_DOMAIN_ID; default: one of its own.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Print the rows, and try none.")] = False,
) -> int:
    """Run the fault table against real processes: kill, stall, lie, flood, and look what follows.

    Everything runs on this machine, in a ROS domain of its own, with the twin in the robot's place:
    no real robot can move. What is measured is timed by a witness, a process of its own, on
    CLOCK_MONOTONIC. Prints a table and writes faults.json.

    Exit status: 0 when every row passed, or could not be tried for a reason that stands in the
    table; 1 when one failed.
    """
    from .runner import choose_rows, list_rows, run_rows

    rows = choose_rows(row or [])
    if show:
        list_rows(rows)
        return 0
    from ..environment import insist_on_ros

    insist_on_ros()
    return run_rows(
        rows,
        quick=quick,
        out=out or Path("runs/faults"),
        seed=seed,
        soak_min=soak_min,
        domain=domain,
    )
