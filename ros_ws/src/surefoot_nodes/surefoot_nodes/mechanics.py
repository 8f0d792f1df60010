"""The robot's mechanical model for a node; MuJoCo is imported only where the profile needs it."""

from __future__ import annotations

from rl_agent.kinematics import Mechanics
from rl_agent.spec import RobotSpec


def load_mechanics(spec: RobotSpec) -> Mechanics | None:
    """Return what the profile's safety section needs; None where it needs nothing, or MuJoCo lacks.

    The gate says itself, in words, what it misses.
    """
    if not spec.safety.needs_model:
        return None
    try:
        from sim.mechanics import make_mechanics
    except ImportError:
        return None
    return make_mechanics(spec)
