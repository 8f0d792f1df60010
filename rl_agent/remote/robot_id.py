"""A robot's name on its link: it names a folder on the learner's machine."""

from __future__ import annotations

import re

from rl_agent.exceptions import RemoteError

MAX_CHARS = 64
_ROBOT_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_CHARS - 1}}}")


def is_robot_id(text: str) -> bool:
    """Tell whether this can name a robot: it can lead to no other folder."""
    return _ROBOT_ID.fullmatch(text) is not None


def insist_on_robot_id(robot_id: str) -> None:
    """Refuse what could name another folder.

    Raises:
        RemoteError: Says what was expected.
    """
    if not is_robot_id(robot_id):
        expected = f"letters, digits, _ and -, at most {MAX_CHARS}, a letter or digit first"
        raise RemoteError(f"robot_id: expected {expected}, found {robot_id!r:.80}")


def robot_id_of(host: str) -> str:
    """Return a machine's name as a robot's; `robot` where nothing of it can stay."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", host).strip("-_")[:MAX_CHARS] or "robot"
