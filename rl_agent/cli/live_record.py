"""What a live run leaves to look at: live.html, from its folder's files. It needs no PyTorch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rl_agent.exceptions import SurefootError

if TYPE_CHECKING:
    from rl_agent.reporting.live_journal import Lived
    from rl_agent.reporting.live_run import Words

PAGE = "live.html"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What a process that ends knows beside the run's files."""

    whom: str
    """Who acted, in words."""
    task: str
    policy_hz: float
    next_steps: Words
    """Why and what to type next."""
    last_look: Words = ()
    """The panel's last rows."""


def page_line(run_dir: Path, ending: Ending) -> str:
    """Write a live run's page, and say where it is; or why not: a full disk must not end in it."""
    try:
        return f"What became of it: {write_page(run_dir, ending)}"
    except (OSError, ValueError, SurefootError) as error:
        return f"What became of it was not written: {error}"


def write_page(run_dir: Path, ending: Ending) -> Path:
    """Write a live run's page from its files, and return it.

    Raises:
        OSError: There is no room.
        SurefootError: A file of the run does not hold.
    """
    from rl_agent.data.disk import write_durably
    from rl_agent.data.lost_steps import LOST, read_lost
    from rl_agent.deploy.swap_log import SWAPS, read_events
    from rl_agent.learning.metrics import read_metrics
    from rl_agent.learning.run_folder import CONFIG_FILE
    from rl_agent.reporting.live_page import render_live
    from rl_agent.reporting.live_run import LiveRun
    from rl_agent.robots.profile import read_yaml

    document = read_yaml(run_dir / CONFIG_FILE)
    settings = document.get("train", {})
    run = LiveRun(
        folder=str(run_dir),
        policy_hz=ending.policy_hz,
        metrics=read_metrics(run_dir),
        swaps=read_events(run_dir / SWAPS),
        verdicts=_verdicts(run_dir),
        lived=_lived(run_dir),
        num_lost=read_lost(run_dir / LOST),
        about=[*_about(ending, settings), ("made with", _code(document.get("made_with", {})))],
        settings=settings,
        last_look=ending.last_look,
        next_steps=ending.next_steps,
    )
    path = run_dir / PAGE
    write_durably(path, render_live(run).encode())
    return path


def _about(ending: Ending, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    live, agent = settings.get("live", {}), settings.get("agent", {})
    yield "robot", ending.whom
    yield "task", f"{ending.task}, {ending.policy_hz:g} decisions a second"
    yield "environment", str(settings.get("env"))
    utd = live.get("utd_ratio") or agent.get("utd_ratio")
    text = f"{settings.get('algo')}, seed {settings.get('seed')}"
    yield "algorithm", f"{text}, {utd:g} updates per step" if utd else text
    yield "versions", f"every {live.get('publish_every_s')} s"
    yield (
        "between episodes",
        f"reset {live.get('reset', 'none')}, judge {live.get('judge', 'task')}",
    )


def _code(made_with: Mapping[str, Any]) -> str:
    return f"Surefoot {made_with.get('surefoot')}, commit {str(made_with.get('commit'))[:12]}"


def _verdicts(run_dir: Path) -> dict[str, tuple[int, int]]:
    from rl_agent.judging.label import LABELS, read_labels

    counts = Counter((label.judge, label.is_success) for label in read_labels(run_dir / LABELS))
    return {judge: (counts[judge, True], counts[judge, False]) for judge, _ in counts}


def _lived(run_dir: Path) -> Lived | None:
    from rl_agent.exceptions import JournalError
    from rl_agent.learning.run_folder import journal_dir
    from rl_agent.reporting.live_journal import read_lived

    try:
        return read_lived(journal_dir(run_dir))
    except JournalError:
        return None
