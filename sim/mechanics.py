"""All mechanical models that a profile's safety section needs, from its MJCF."""

from __future__ import annotations

from rl_agent.kinematics import Mechanics
from rl_agent.spec import RobotSpec
from sim.clearances import MujocoClearances
from sim.dynamics import MujocoDynamics
from sim.kinematics import MujocoKinematics
from sim.loading import load_model
from sim.prediction import MujocoPredictor


def make_mechanics(spec: RobotSpec) -> Mechanics | None:
    """Return the models; None where the profile needs none.

    Raises:
        TwinMismatchError: The MJCF lacks a geom or site that the profile names.
    """
    safety = spec.safety
    if not safety.needs_model:
        return None
    model = load_model(spec)
    return Mechanics(
        kinematics=MujocoKinematics(spec, model=model) if safety.needs_tool else None,
        clearances=MujocoClearances(spec, model=model) if safety.pairs else None,
        dynamics=MujocoDynamics(spec, model=model) if safety.needs_dynamics else None,
        predictor=MujocoPredictor(spec) if safety.prediction_steps else None,
    )
