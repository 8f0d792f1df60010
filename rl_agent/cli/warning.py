"""What a person should know although the verb goes on: on stderr, apart from its results."""

from __future__ import annotations

import typer


def warn(message: str) -> None:
    """Say it."""
    typer.echo(message, err=True)
