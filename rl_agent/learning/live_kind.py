"""Whether a live run is a robot's or its twin's: neither takes the steps of the other."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rl_agent.data.disk import write_durably
from rl_agent.exceptions import Problem, ProblemsError

LiveKind = Literal["twin", "robot"]
KIND_FILE = "live_kind"
"""In a run's folder. A run from before this file existed gets it from whoever resumes it first."""
_WORDS = {"twin": "a twin", "robot": "a real robot"}


def keep_kind(run_dir: Path, kind: LiveKind) -> None:
    """Note the kind of a run that begins; compare with the note of one that goes on.

    Raises:
        ProblemsError: The run is of the other kind.
    """
    noted = read_kind(run_dir)
    if noted is None:
        write_durably(run_dir / KIND_FILE, f"{kind}\n".encode())
    elif noted != kind:
        message = f"is a run of {_WORDS[noted]}; steps of {_WORDS[kind]} have no place in its "
        message += f"journal. Go on with `surefoot live {noted} --resume`, or choose another folder"
        raise ProblemsError(str(run_dir), [Problem("--resume", message)])


def read_kind(run_dir: Path) -> LiveKind | None:
    """Return whose run it is; None where nobody noted it."""
    try:
        text = (run_dir / KIND_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return "robot" if text == "robot" else "twin" if text == "twin" else None
