"""Judges by name: the task, a person, or a classifier's file."""

from __future__ import annotations

import json
from pathlib import Path

from rl_agent.exceptions import JudgingError
from rl_agent.tasks.task import Task

from .classifier_judge import ClassifierJudge
from .human_judge import HumanJudge
from .judge import HUMAN, TASK, Judge
from .success_classifier import SuccessClassifier, read_classifier

JUDGE_FILE = "judge.json"
"""In a run's folder: the classifier that judges the run, or one that was fitted from its labels."""


def make_judge(name: str, task: Task, policy_hz: float) -> Judge | None:
    """Return the judge of that name (`task`, `human`, or a file's path); None for `task`.

    Raises:
        JudgingError: There is no such file, or its classifier is for another task.
    """
    if name == TASK:
        return None
    if name == HUMAN:
        return HumanJudge()
    classifier = read_classifier(Path(name))
    check_task(classifier, task, name)
    return ClassifierJudge(classifier, policy_hz)


def check_task(classifier: SuccessClassifier, task: Task, path: str) -> None:
    """Insist on a classifier of this very task.

    Raises:
        JudgingError: It is for another; the message begins with `path`.
    """
    # Through JSON, as the classifier's own went: it turns tuples into lists.
    description = json.loads(json.dumps(task.describe()))
    expected = (description, task.context_dim, task.goal_dim)
    found = (classifier.task, classifier.context_dim, classifier.goal_dim)
    if expected != found:
        raise JudgingError(f"{path}: the robot's task is {expected}, the classifier's is {found}")
