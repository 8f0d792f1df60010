"""What the link needs, looked for before anything of it is imported."""

from __future__ import annotations

from importlib.util import find_spec

from rl_agent.exceptions import RemoteError


def insist_on_packages() -> None:
    """Say what to install where the extra is missing.

    Raises:
        RemoteError: It is.
    """
    if find_spec("msgpack") is None:
        raise RemoteError("the link needs the package msgpack: pip install 'surefoot[remote]'")
