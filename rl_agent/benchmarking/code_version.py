"""Which code a run was made with, over all its sittings."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from rl_agent.learning.run_folder import code_commit

VERSIONS_FILE = "versions.txt"


def code_version() -> str:
    """Return the commit, with + if files differ; outside of git the package's version."""
    commit = code_commit()
    return commit if commit != "unknown" else f"surefoot-{version('surefoot')}"


def note_version(run_dir: Path, name: str) -> None:
    """Note that a sitting begins with this code."""
    path = run_dir / VERSIONS_FILE
    if _read(path)[-1:] != [name]:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")


def noted_version(run_dir: Path) -> str:
    """Return the code of a run; `first..last` where it changed between sittings."""
    names = _read(run_dir / VERSIONS_FILE)
    if not names:
        return "unknown"
    return names[0] if len(names) == 1 else f"{names[0]}..{names[-1]}"


def _read(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []
