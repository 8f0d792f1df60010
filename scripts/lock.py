"""Print `name==version` for Surefoot's extras and all that they need, as installed here."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "surefoot"
HEADER = """\
# The versions that Surefoot is tested with; `make lock` writes this file from .venv.
# The set-up passes it to pip as constraints: nothing is installed because it is named here."""
# What the set-up installs before the project itself.
BUILD_TOOLS = ("setuptools",)


def closure(names: set[str], extras: set[str]) -> dict[str, str]:
    """Return {name: version} of installed distributions reachable from `names`."""
    found: dict[str, str] = {}
    todo = [(name, frozenset(extras if name == PROJECT else ())) for name in names]
    seen = set()
    while todo:
        name, wanted = todo.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # excluded by an environment marker of somebody else's requirement
        found[name] = package.version.split("+")[0]
        for text in package.requires or ():
            requirement = Requirement(text)
            markers = [{"extra": extra} for extra in (*wanted, "")]
            if requirement.marker is None or any(map(requirement.marker.evaluate, markers)):
                todo.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


def main() -> int:
    """Print the pins, sorted by name."""
    extras = set(distribution(PROJECT).metadata.get_all("Provides-Extra") or ())
    pins = closure({PROJECT, *BUILD_TOOLS}, extras)
    pins.pop(PROJECT)
    print(HEADER)
    for name, version in sorted(pins.items()):
        print(f"{name}=={version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
