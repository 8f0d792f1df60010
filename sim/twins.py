"""What a twin's id says of robot and task: known without Gymnasium, which robots do not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.robots.profile import nearest
from sim import TWINS

PREFIX = "sim:"
ANY = "Twin-v0"


class TwinName(NamedTuple):
    """A robot and what it does."""

    robot: str
    """A shipped robot's name, or a profile's file."""
    task: str


def robot_and_task(env_id: str, options: Mapping[str, Any]) -> TwinName:
    """Return robot and task of an environment.

    Args:
        env_id: `sim:So101Reach-v0`, or `sim:Twin-v0` with both in the options.
        options: Keyword arguments of the environment.

    Raises:
        ProblemsError: It is no twin of ours; says what to name instead.
    """
    name = env_id.removeprefix(PREFIX)
    values = {**TWINS.get(name, {}), **options}
    if env_id != name and (name in TWINS or name == ANY):
        try:
            return TwinName(str(values["robot"]), str(values["task"]))
        except KeyError as error:
            missing = error.args[0]
            example = "my_arm.yaml" if missing == "robot" else "reach"
            message = f"{env_id} needs --set env_options.{missing}=..., for example {example}"
    else:
        known = [PREFIX + each for each in (*TWINS, ANY)]
        message = f"no such twin: {env_id}{nearest(env_id, known)}; known: {', '.join(known)}"
        message += f" (your own robot: --env {PREFIX}{ANY} --set env_options.robot=my_arm.yaml"
        message += " --set env_options.task=reach)"
    raise ProblemsError("surefoot live", [Problem("--env", message)])
