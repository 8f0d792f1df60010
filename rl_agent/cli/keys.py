"""`surefoot keys`: those that sign bundles, and that of a remote learner. No secret is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Keys that sign bundles (a robot whose profile pins one takes no other), and links'.",
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


@app.command("link")
def link(
    file: Annotated[Path, typer.Argument(help="Where the key goes; must not exist.")],
) -> None:
    """Make the key that a robot and its remote learner share: one FILE, copied to both machines.

    Example: `surefoot keys link ~/surefoot-link.key`.
    """
    from rl_agent.remote.shared_key import make_shared_key_file

    make_shared_key_file(file)
    typer.echo(f"Key written to {file}, for your eyes alone.")
    typer.echo(f"Copy it to the other machine, and keep it private there: scp -p {file} ROBOT:")
