"""Tasks by name; a user's own come as `module:Class`."""

from __future__ import annotations

from importlib import import_module

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.kinematics import Kinematics
from rl_agent.robots.profile import nearest
from rl_agent.spec import RobotSpec

from .task import Task

TASKS = {
    "reach": "rl_agent.tasks.reach:ReachTask",
    "swing_up": "rl_agent.tasks.swing_up:SwingUpTask",
    "walk": "rl_agent.tasks.walk:WalkTask",
}


def make_task(name: str, spec: RobotSpec, kinematics: Kinematics | None) -> Task:
    """Return the task for this robot.

    Raises:
        ProfileError: There is no such task, or the robot lacks what it needs.
    """
    target = TASKS.get(name, name)
    module_name, _, class_name = target.partition(":")
    if not class_name:
        message = f"no such task{nearest(name, TASKS)}; known: {', '.join(TASKS)}, or module:Class"
        raise ProfileError(name, [Problem("task", message)])
    try:
        task_class = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise ProfileError(name, [Problem("task", f"cannot be imported: {error}")]) from error
    if not (isinstance(task_class, type) and issubclass(task_class, Task)):
        raise ProfileError(name, [Problem("task", f"{target} is not a Task class")])
    return task_class(spec, kinematics)
