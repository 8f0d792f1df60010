"""A run's folder: config.yaml, journal/, checkpoints/, metrics.jsonl, tb/."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from rl_agent.data.disk import write_durably
from rl_agent.data.folder_lock import hold_journal, hold_run
from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.robots.profile import read_yaml

from .config import TrainConfig
from .config_file import parse_config

SCHEMA_VERSION = 1
CONFIG_FILE = "config.yaml"


def journal_dir(run_dir: Path) -> Path:
    """Return where a run keeps its experience."""
    return run_dir / "journal"


def store_dir(run_dir: Path) -> Path:
    """Return where a live run's versions of the policy lie."""
    return run_dir / "policies"


def robots_dir(run_dir: Path) -> Path:
    """Return where copies of robots' journals arrive, of a run whose robots are elsewhere."""
    return run_dir / "robots"


def holds_run(run_dir: Path) -> bool:
    """Tell whether a run was begun here."""
    return (run_dir / CONFIG_FILE).exists()


def make_run_dir(run_dir: Path) -> None:
    """Make a folder that is not there yet.

    For its owner alone: recordings show people and places.
    """
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)


def insist_on_free(run_dir: Path) -> None:
    """Make sure that nobody works on a run, before processes are started that would.

    Raises:
        BusyError: Somebody does.
    """
    with hold_run(run_dir):
        pass
    if journal_dir(run_dir).is_dir():
        with hold_journal(journal_dir(run_dir)):
            pass


def write_config(run_dir: Path, config: TrainConfig) -> None:
    """Note the resolved settings, seed included, and what code they were for."""
    make_run_dir(run_dir)
    document = {
        "schema_version": SCHEMA_VERSION,
        "made_with": {
            "surefoot": _version("surefoot"),
            "commit": code_commit(),
            "python": platform.python_version(),
            **{name: _version(name) for name in ("torch", "numpy", "gymnasium", "mujoco")},
        },
        "train": plain(config),
    }
    write_durably(run_dir / CONFIG_FILE, yaml.safe_dump(document, sort_keys=False).encode())


def read_config(run_dir: Path) -> TrainConfig:
    """Return a run's settings.

    Raises:
        ProblemsError: There is no run, or its file does not hold.
    """
    path = run_dir / CONFIG_FILE
    if not path.exists():
        message = "there is no training run here; begin one with `surefoot train`"
        raise ProblemsError(str(run_dir), [Problem(CONFIG_FILE, message)])
    document = read_yaml(path)
    check_version(document, SCHEMA_VERSION, path)
    return parse_config(document.get("train"), str(path))


def check_version(document: Mapping[str, Any], version: int, path: Path) -> None:
    """Insist on the version of a file's format.

    Raises:
        ProblemsError: It is of another.
    """
    found = document.get("schema_version")
    if found != version:
        message = f"this Surefoot reads version {version}, the file says {found}"
        raise ProblemsError(str(path), [Problem("schema_version", message)])


def code_commit() -> str:
    """Return the commit of the code that runs, with + if files differ; "unknown" if not in git."""
    folder = Path(__file__).parent
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return commit + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")


def plain(config: TrainConfig) -> dict[str, Any]:
    """Return settings as `surefoot train --config` reads them."""
    return to_plain(asdict(config))


def to_plain(value: Any) -> Any:
    """Return nested settings as YAML writes them: tuples as lists, enumerations as their values."""
    if isinstance(value, dict):
        return {key: to_plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(part) for part in value]
    return str(value) if isinstance(value, str) else value


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
