"""YAML that anybody may have written: plain values, bounded in size and depth, and no surprises.

No aliases (a page of them can mean gigabytes), no tags beyond the standard ones, and no key twice:
of two `upper:` the last would win without a word.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

# A profile is a page of text; anything larger is a mistake or an attack.
MAX_BYTES = 200_000
MAX_DEPTH = 20
_MAX_SHOWN = 200


class YamlTextError(ValueError):
    """A text that is not accepted."""

    def __init__(self, where: str, message: str) -> None:
        self.where = where
        """`line 7`, or `file`."""
        self.message = message
        super().__init__(f"{where}: {message}")


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises:
        YamlTextError: It cannot be read, is too large, or no UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            size = max(path.stat().st_size, len(data))
            raise YamlTextError("file", f"has {size} bytes, at most {MAX_BYTES} are read")
        return data.decode("utf-8")
    # ValueError: a path with a NUL in it, and text that is not UTF-8.
    except (OSError, UnicodeDecodeError) as error:
        raise YamlTextError("file", f"cannot be read: {error}") from error


def parse_yaml(text: str) -> Any:
    """Return the one document in `text`.

    Raises:
        YamlTextError: It is no YAML, or uses what is not accepted.
    """
    loader = None
    try:
        loader = _PlainLoader(text)
        return loader.get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "file"
        problem = str(getattr(error, "problem", None) or error)[:_MAX_SHOWN]
        raise YamlTextError(where, f"is not YAML: {problem}") from error
    except YamlTextError:
        raise
    # Python's own, of a number or date that YAML's rules let pass: 2001-99-99, 0b, 5,000 digits
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        problem = str(error)[:_MAX_SHOWN]
        raise YamlTextError("file", f"is not YAML: {problem}") from error
    finally:
        if loader is not None:
            loader.dispose()


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader with bounds."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one value, and all inside it."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        where = f"line {event.start_mark.line + 1}"
        if self.check_event(yaml.AliasEvent):
            message = "uses YAML aliases (*name), which are not accepted; write the values out"
            raise YamlTextError(where, message)
        if self._depth >= MAX_DEPTH:
            raise YamlTextError(where, f"is nested deeper than {MAX_DEPTH} levels")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping whose keys are all different."""
        seen = set()
        for key, _ in node.value:
            written = (key.tag, str(key.value))
            if written in seen and isinstance(key, yaml.ScalarNode):
                where = f"line {key.start_mark.line + 1}"
                raise YamlTextError(where, f"{key.value!s:.60} is given twice")
            seen.add(written)
        return super().construct_mapping(node, deep=deep)
