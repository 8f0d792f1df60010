"""`surefoot bundle`: look at a bundle as a robot would, without loading the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Look at exported policies.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def bundle() -> None:
    """Look at exported policies."""


@app.command("verify")
def verify(
    bundle_dir: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle's directory.")],
    key: Annotated[
        str | None,
        typer.Option(help="Public key that must have signed it; default: any, which is named."),
    ] = None,
) -> None:
    """Check that a bundle is whole, and who signed it.

    Compares every byte with the manifest's sha256, and the signature with the manifest. That the
    policy fits a robot is checked where it is loaded.

    Example: `surefoot bundle verify bundle --key "$(surefoot keys show KEY.pem)"`.
    """
    from rl_agent.deploy.manifest import SIGNATURE_NAME, read_files, read_manifest
    from rl_agent.deploy.signing import check_signature, read_signature
    from rl_agent.robots.signing_key import encode_key

    manifest = read_manifest(bundle_dir)
    read_files(bundle_dir, manifest)
    if key is None and not (bundle_dir / SIGNATURE_NAME).exists():
        typer.echo(f"{bundle_dir}: whole, version {manifest.policy_version}, not signed")
        return
    signing_key = key or encode_key(read_signature(bundle_dir)[0])
    check_signature(bundle_dir, manifest, signing_key)
    found = f"whole, version {manifest.policy_version}, signed by {signing_key}"
    # Anybody can sign with a key of their own: only --key or a profile says whom to trust.
    trust = "" if key else "; whether to trust that key is yours to say (--key)"
    typer.echo(f"{bundle_dir}: {found}{trust}")
