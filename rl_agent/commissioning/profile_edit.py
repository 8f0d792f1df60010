"""Write calibrations into a profile's YAML, leaving every comment and every other byte alone.

PyYAML's node marks say where each value stands in the text; the result is read back and compared
before it replaces the file.
"""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.robots.profile import ROBOTS_DIR, parse_profile, read_yaml
from rl_agent.robots.yaml_text import YamlTextError, parse_yaml, read_text

Changes = Mapping[str, Mapping[str, float | int]]
"""Per joint name, the keys to set."""


def edited(text: str, changes: Changes, source: str) -> str:
    """Return the profile's text with the changes made.

    Raises:
        ProfileError: A joint cannot be found, or the text would not say what is meant.
    """
    root = yaml.compose(text, yaml.SafeLoader)
    joints = _joint_nodes(root)
    missing = [name for name in changes if name not in joints]
    if missing:
        raise _refusal(source, f"has no joints {', '.join(missing)}")
    edits: list[tuple[int, int, str]] = []
    for name, values in changes.items():
        for key, value in values.items():
            edits.append(_edit(text, joints[name], key, _number(value)))
    # From the end, so that earlier places stay where they are.
    for start, end, new in reversed(sorted(edits, key=lambda edit: edit[0])):
        text = text[:start] + new + text[end:]
    return text


def write_calibration(path: Path, changes: Changes) -> Path:
    """Change the profile at `path`; the old file stays beside it as `.bak`.

    A shipped profile is not touched: its copy in the current folder is written.

    Returns:
        The file that was written.

    Raises:
        ProfileError: It cannot be changed safely; nothing was written.
    """
    target = target_of(path)
    old = read_yaml(path)
    text = read_text(path)
    new_text = edited(text, changes, str(path))
    _insist_on(new_text, _applied(old, changes), target)
    try:
        if target.exists():
            _replace(target.with_name(target.name + ".bak"), read_text(target))
        _replace(target, new_text)
    except OSError as error:
        raise _refusal(str(target), f"cannot be written: {error.strerror}") from error
    return target


def target_of(path: Path) -> Path:
    """Return which file would be written.

    Raises:
        ProfileError: A shipped profile would overwrite another file of yours.
    """
    if path.resolve().parent != ROBOTS_DIR.resolve():
        return path
    copy_path = Path.cwd() / path.name
    if copy_path.exists():
        message = f"exists already; calibrate that one: --robot ./{path.name}"
        raise ProfileError(str(copy_path), [Problem("file", message)])
    return copy_path


def _joint_nodes(root: yaml.Node | None) -> dict[str, yaml.MappingNode]:
    joints = _value(root, "joints")
    found = {}
    for node in joints.value if isinstance(joints, yaml.SequenceNode) else []:
        name = _value(node, "name")
        if isinstance(node, yaml.MappingNode) and isinstance(name, yaml.ScalarNode):
            found[str(name.value)] = node
    return found


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for k, value in node.value if k.value == key), None)


def _edit(text: str, node: yaml.MappingNode, key: str, value: str) -> tuple[int, int, str]:
    """Return (start, end, new text) of one change."""
    old = _value(node, key)
    if old is not None:
        return old.start_mark.index, old.end_mark.index, value
    last = node.value[-1][1]
    if node.flow_style:
        # Behind the last value, so that spaces and comments before the brace stay.
        return last.end_mark.index, last.end_mark.index, f", {key}: {value}"
    first_key = node.value[0][0]
    indent = " " * first_key.start_mark.column
    end = text.find("\n", last.end_mark.index)
    end = len(text) if end < 0 else end
    return end, end, f"\n{indent}{key}: {value}"


def _number(value: float | int) -> str:
    if isinstance(value, int):
        return str(value)
    text = f"{value:.8g}"
    # YAML 1.1 takes 1e-05 for a word.
    return text if "e" not in text else f"{value:.12f}".rstrip("0")


def _applied(data: dict[str, Any], changes: Changes) -> dict[str, Any]:
    expected = copy.deepcopy(data)
    for joint in expected["joints"]:
        joint.update(changes.get(joint["name"], {}))
    return expected


def _insist_on(text: str, expected: dict[str, Any], path: Path) -> None:
    try:
        found = parse_yaml(text)
    except YamlTextError:
        found = None
    if not _is_same(found, expected):
        raise _refusal(str(path), "its layout is not understood; write the values in by hand")
    parse_profile(found, path)


def _is_same(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(_is_same(found[key], expected[key]) for key in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(_is_same(a, b) for a, b in zip(found, expected, strict=True))
        )
    if isinstance(expected, float) and isinstance(found, int | float):
        return abs(found - expected) <= 1e-7 * max(1.0, abs(expected))
    return bool(found == expected)


def _replace(path: Path, text: str) -> None:
    """Write durably: after a power failure there is the old file or the new one."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refusal(source: str, message: str) -> ProfileError:
    return ProfileError(source, [Problem("joints", message)])
