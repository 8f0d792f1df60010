"""How a training looks: which figures a display shows of it."""

from __future__ import annotations

from rl_agent.learning.evaluate import Score
from rl_agent.learning.progress import Progress

from .display import Display


class TrainPanel:
    """Shows a training's progress; each new evaluation is news."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._evaluation: Score | None = None

    def show(self, progress: Progress) -> None:
        """Show where the training stands."""
        is_news = progress.newest_evaluation is not self._evaluation
        self._evaluation = progress.newest_evaluation
        share = progress.env_step / progress.num_steps
        self._display.show(rows(progress), share, is_news=is_news)


def rows(progress: Progress) -> list[tuple[str, str]]:
    """Return names and values, the same for both displays."""
    rates = progress.rates
    lines = [
        ("step", f"{progress.env_step}/{progress.num_steps}"),
        ("return", "-" if progress.mean_return is None else f"{progress.mean_return:.1f}"),
        ("evaluation", score_text(progress.newest_evaluation)),
        ("best", score_text(progress.best)),
        ("speed", f"{rates.steps_per_s:.0f} steps/s and {rates.updates_per_s:.0f} updates/s"),
        ("time left", time_text(rates.time_left_s)),
    ]
    if progress.intervention_share:
        lines.append(("changed by limits", f"{100 * progress.intervention_share:.1f} % of steps"))
    if progress.num_quarantined:
        lines.append(("quarantined", f"{progress.num_quarantined} steps with senseless numbers"))
    return lines


def score_text(score: Score | None) -> str:
    """Return a score in a few words."""
    if score is None:
        return "-"
    if score.success_rate is None:
        return f"return {score.mean_return:.1f}"
    return f"success {100 * score.success_rate:.0f} %"


def time_text(seconds: float | None) -> str:
    """Return a duration for people."""
    if seconds is None:
        return "-"
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    minutes = seconds / 60.0
    return f"{minutes:.0f} min" if minutes < 90.0 else f"{minutes / 60.0:.1f} h"
