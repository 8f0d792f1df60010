"""Answers to a calibration from a file, in place of a human at the keyboard.

joint_name:
  direction: as_told | opposite      # left out: not tried
  poses:                             # travel [rad or m] from where it stands, by the old profile
    - {travel: 0.2, position: 0.35}
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.robots.profile import nearest, read_yaml, validation_problems
from rl_agent.spec import RobotSpec

Finite = Annotated[float, Field(allow_inf_nan=False)]


class PoseAnswer(BaseModel):
    """Where to go, and where the joint truly is then."""

    model_config = ConfigDict(extra="forbid")
    travel: Finite = 0.0
    position: Finite


class JointAnswers(BaseModel):
    """All answers for one joint."""

    model_config = ConfigDict(extra="forbid")
    direction: Literal["as_told", "opposite"] | None = None
    poses: list[PoseAnswer] = Field(default=[], max_length=2)

    @property
    def moved_as_told(self) -> bool | None:
        """What `JointDialog.answer_direction` takes."""
        return None if self.direction is None else self.direction == "as_told"


def read_answers(path: Path, spec: RobotSpec) -> dict[str, JointAnswers]:
    """Return the answers by joint.

    Raises:
        ProfileError: Lists every unknown joint, key and number.
    """
    problems: list[Problem] = []
    answers = {}
    for name, section in read_yaml(path).items():
        if name not in spec.command_names:
            message = f"is no actuated joint of {spec.name}{nearest(str(name), spec.command_names)}"
            problems.append(Problem(str(name), message))
            continue
        try:
            answers[str(name)] = JointAnswers.model_validate(section)
        except ValidationError as error:
            problems += [
                Problem(f"{name}.{problem.path}", problem.message)
                for problem in validation_problems(error, JointAnswers)
            ]
    if problems:
        raise ProfileError(str(path), problems)
    return answers
