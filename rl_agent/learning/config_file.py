"""Presets and users' YAML into a `TrainConfig`; every mistake at once, with the nearest valid name.

A preset is a mapping of `TrainConfig` fields. What a file does not name keeps its default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from rl_agent.algorithms.agent_config import AgentConfig
from rl_agent.algorithms.registry import config_class
from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.robots.profile import nearest, read_yaml

from .config import DEFAULT_ALGO, TrainConfig

Settings = TypeVar("Settings")
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
    settings = dict(data)
    # Which keys an agent has depends on the algorithm: it is read on its own.
    algo = settings.get("algo", DEFAULT_ALGO)
    kind = config_class(algo) if isinstance(algo, str) else AgentConfig
    problems: list[Problem] = []
    agent = read_into(kind, settings.pop("agent", {}), problems, ["agent"])
    config = read_into(TrainConfig, settings, problems)
    if config is None or agent is None:
        raise ProblemsError(source, problems)
    return _read_whole(config, agent, source)


def set_value(data: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a dotted path, `agent.tau`, of settings that are not yet validated.

    Raises:
        ProblemsError: Something on the way is no mapping.
    """
    *parents, key = path.split(".")
    place = data
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise ProblemsError("settings", [Problem(path, f"{parent} holds no settings")])
    place[key] = value


def _read_whole(config: TrainConfig, agent: AgentConfig, source: str) -> TrainConfig:
    try:
        return replace(config, agent=agent)
    except ValueError as error:
        raise ProblemsError(source, [Problem("settings", str(error))]) from error


def read_into(
    kind: type[Settings], data: Any, problems: list[Problem], place: Sequence[str] = ()
) -> Settings | None:
    """Return `data` as `kind`, or None with what is wrong added to `problems`, below `place`."""
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        problems += [_problem(kind, detail, place) for detail in error.errors()]
        return None


def _problem(kind: Any, detail: ErrorDetails, place: Sequence[str]) -> Problem:
    location = [str(part) for part in detail["loc"]]
    path = ".".join([*place, *location]) or "settings"
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        known = _keys_at(kind, location[:-1])
        return Problem(path, f"is not a known key{nearest(location[-1], known)}")
    if detail["type"] in ("missing", "missing_keyword_only_argument"):
        return Problem(path, "is required and was not given")
    found = detail.get("input")
    message = detail["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(found, dict | list) else f", got {found!r}"
    return Problem(path, f"{message}{shown}")


def _keys_at(kind: Any, location: list[str]) -> list[str]:
    for part in location:
        kind = get_type_hints(kind).get(part) if is_dataclass(kind) else None
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return []
    return [item.name for item in fields(kind)]
