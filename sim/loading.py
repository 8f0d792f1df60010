"""Find and load the MJCF of a robot profile."""

from __future__ import annotations

from pathlib import Path

import mujoco

from rl_agent.exceptions import Problem, TwinMismatchError
from rl_agent.robots.profile import nearest
from rl_agent.spec import RobotSpec

MODELS_DIR = Path(__file__).parent / "models"


def find_mjcf(spec: RobotSpec) -> Path:
    """Return the twin's file: beside the profile, else under sim/models.

    Raises:
        TwinMismatchError: There is no such file; names the nearest one.
    """
    for folder in (spec.source.parent, MODELS_DIR):
        path = folder / spec.twin.mjcf
        if path.is_file():
            return path
    known = [str(path.relative_to(MODELS_DIR)) for path in sorted(MODELS_DIR.rglob("*.xml"))]
    message = (
        f"{spec.twin.mjcf!r} is neither beside the profile nor among the shipped models"
        f"{nearest(spec.twin.mjcf, known)}"
    )
    raise TwinMismatchError(str(spec.source), [Problem("twin.mjcf", message)])


def load_model(spec: RobotSpec) -> mujoco.MjModel:
    """Return the compiled twin, stepping at the profile's physics_hz.

    Raises:
        TwinMismatchError: The file is missing or is not an MJCF that MuJoCo accepts.
    """
    path = find_mjcf(spec)
    try:
        model = mujoco.MjModel.from_xml_path(str(path))
    except ValueError as error:
        reason = " ".join(str(error).split())
        problem = Problem("twin.mjcf", f"{path} is not accepted by MuJoCo: {reason}")
        raise TwinMismatchError(str(spec.source), [problem]) from error
    model.opt.timestep = 1.0 / spec.twin.physics_hz
    return model
