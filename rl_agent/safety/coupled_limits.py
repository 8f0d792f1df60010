"""Which coupled limits and checks a profile asks for, made from the models that were given."""

from __future__ import annotations

from rl_agent.exceptions import GateError
from rl_agent.kinematics import Mechanics
from rl_agent.safety.barrier import Barrier
from rl_agent.safety.coupled_limit import CoupledLimit
from rl_agent.safety.effort_limit import EffortLimit, PowerLimit
from rl_agent.safety.predictive_check import PredictiveCheck
from rl_agent.safety.self_distance_limit import SelfDistanceLimit
from rl_agent.safety.workspace_limit import WorkspaceLimit
from rl_agent.spec import RobotSpec


def check_mechanics(spec: RobotSpec, mechanics: Mechanics | None) -> None:
    """Insist on the models that the profile's safety section needs.

    Raises:
        GateError: One is missing; says which key needs it.
    """
    given, safety = mechanics or Mechanics(), spec.safety
    needs = {
        "zones": (safety.needs_tool, given.kinematics),
        "pairs": (bool(safety.pairs), given.clearances),
        "limit_effort or max_power_w": (safety.needs_dynamics, given.dynamics),
        "prediction_steps": (safety.prediction_steps > 0, given.predictor),
    }
    missing = [key for key, (is_needed, model) in needs.items() if is_needed and model is None]
    if missing:
        raise GateError(
            f"{spec.name}: safety.{', safety.'.join(missing)} need the robot's mechanical model, "
            "and this gate was given none; install the package mujoco (extra `deploy`)"
        )


def make_barrier(spec: RobotSpec, dt: float, mechanics: Mechanics | None) -> Barrier | None:
    """Return the coupled limits that the profile asks for; None where it asks for none."""
    given, safety = mechanics or Mechanics(), spec.safety
    limits: list[CoupledLimit] = []
    if safety.zones and given.kinematics:
        limits.append(WorkspaceLimit(spec, dt, given.kinematics))
    if safety.pairs and given.clearances:
        limits.append(SelfDistanceLimit(spec, dt, given.clearances))
    if safety.limit_effort and given.dynamics:
        limits.append(EffortLimit(spec, dt, given.dynamics))
    if safety.max_power_w is not None and given.dynamics:
        limits.append(PowerLimit(spec, dt, given.dynamics))
    return Barrier(tuple(limits), len(spec.command_joints)) if limits else None


def make_check(spec: RobotSpec, dt: float, mechanics: Mechanics | None) -> PredictiveCheck | None:
    """Return the predictive check, if the profile asks for it."""
    predictor = mechanics.predictor if mechanics else None
    if spec.safety.prediction_steps == 0 or predictor is None:
        return None
    return PredictiveCheck(spec, dt, predictor)
