"""Presets and users' YAML into a `TrainConfig`; every mistake at once, with the nearest valid name.

A preset is a mapping of `TrainConfig` fields. What a file does not name keeps its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.robots.profile import nearest, read_yaml

from .config import TrainConfig

PRESETS_DIR = Path(__file__).parent.parent / "algorithms" / "presets"


def preset_names() -> list[str]:
    """Return the presets that ship with Surefoot."""
    return sorted(path.stem for path in PRESETS_DIR.glob("*.yaml"))


def preset_for(env_id: str) -> str | None:
    """Return the preset whose `env` is this id, if one ships."""
    for name in preset_names():
        if read_yaml(PRESETS_DIR / f"{name}.yaml").get("env") == env_id:
            return name
    return None


def load_settings(name_or_path: str) -> dict[str, Any]:
    """Return the mapping of a preset or of a user's YAML file, not yet validated.

    Raises:
        ProblemsError: There is no such preset or file, or it is not YAML.
    """
    if name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path:
        return read_yaml(Path(name_or_path))
    path = PRESETS_DIR / f"{name_or_path}.yaml"
    if not path.is_file():
        known = preset_names()
        message = f"no such preset{nearest(name_or_path, known)}; known: {', '.join(known)}"
        raise ProblemsError(name_or_path, [Problem("--config", message)])
    return read_yaml(path)


def parse_config(data: Any, source: str) -> TrainConfig:
    """Return the settings that `data` describes; `source` is named in errors.

    Raises:
        ProblemsError: Lists every wrong key and value.
    """
    if not isinstance(data, Mapping):
        raise ProblemsError(source, [Problem("file", "expected a mapping of settings")])
    try:
        return TypeAdapter(TrainConfig).validate_python(dict(data))
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors()]
        raise ProblemsError(source, problems) from error


def _problem(detail: ErrorDetails) -> Problem:
    location = [str(part) for part in detail["loc"]]
    path = ".".join(location) or "settings"
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return Problem(path, f"is not a known key{nearest(location[-1], _keys_at(location[:-1]))}")
    if detail["type"] in ("missing", "missing_keyword_only_argument"):
        return Problem(path, "is required and was not given")
    found = detail.get("input")
    message = detail["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(found, dict | list) else f", got {found!r}"
    return Problem(path, f"{message}{shown}")


def _keys_at(location: list[str]) -> list[str]:
    kind: Any = TrainConfig
    for part in location:
        kind = get_type_hints(kind).get(part) if is_dataclass(kind) else None
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return []
    return [item.name for item in fields(kind)]
