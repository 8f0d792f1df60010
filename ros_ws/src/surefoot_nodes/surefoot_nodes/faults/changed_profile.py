"""A shipped robot's profile with another safety section, as a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rl_agent.robots.profile import load_robot


def write_profile(folder: Path, robot: str, *, safety: Mapping[str, Any], **changes: Any) -> str:
    """Return the path of the profile, changed in its safety section and at its top."""
    content = yaml.safe_load(load_robot(robot).source.read_text(encoding="utf-8"))
    content |= changes
    content["safety"] = {**content.get("safety", {}), **safety}
    path = folder / f"{robot}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)
