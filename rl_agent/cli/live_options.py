"""Options that `surefoot live` and `surefoot learn` have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Algo = Annotated[str | None, typer.Option(help="As for `surefoot train`; default: the preset's.")]
Seed = Annotated[
    int | None, typer.Option(min=0, help="Of networks, exploration and goals; default: 0.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")]
Config = Annotated[
    str | None, typer.Option(help="Preset or YAML file; default: the preset of the environment.")
]
Sign = Annotated[
    Path | None,
    typer.Option(help="Private key that signs every version, for a profile with a signing_key."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="One setting, for example live.publish_every_s=10; repeatable."),
]
