"""Where launch files begin: ros2 runs under the system's Python, Surefoot lies in `.venv`."""

from __future__ import annotations

import os
import site
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .launch_factory import LaunchKind


def launch_description(kind: LaunchKind) -> Any:
    """Return the LaunchDescription of a graph."""
    see_virtual_environment()
    from .launch_factory import make_launch_description

    return make_launch_description(kind)


def see_virtual_environment() -> None:
    """Let this Python import what the activated environment holds, if it cannot already."""
    folder = os.environ.get("VIRTUAL_ENV")
    if folder and find_spec("rl_agent") is None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        # Unlike an entry of sys.path, this follows the links of an editable installation.
        site.addsitedir(str(Path(folder) / "lib" / version / "site-packages"))


def own_python() -> str:
    """Return the interpreter that Surefoot is installed for."""
    python = Path(os.environ.get("VIRTUAL_ENV", "")) / "bin/python"
    return str(python) if os.environ.get("VIRTUAL_ENV") and python.exists() else sys.executable
