"""`surefoot keys`: the key pair that signs bundles. The private half is never printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Keys that sign bundles: a robot whose profile pins one takes no other policy.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("new")
def new(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; must not exist.")],
) -> None:
    """Make a key pair: the private key into FILE, for your eyes alone; the public one is printed.

    Example: `surefoot keys new ~/surefoot.pem`.
    """
    from rl_agent.deploy.signing import make_key_file

    public_key = make_key_file(file)
    typer.echo(f"Private key written to {file}; keep it off the robot, and keep a copy.")
    typer.echo("The robot's profile pins the public key with this line:")
    typer.echo(f"signing_key: {public_key}")
    typer.echo(f"Next: surefoot export RUN --sign {file}")


@app.command("show")
def show(
    file: Annotated[Path, typer.Argument(help="A private key that `surefoot keys new` made.")],
) -> None:
    """Print the public key that belongs to a private one."""
    from rl_agent.deploy.signing import Signer

    typer.echo(Signer.load(file).public_key)
