"""Differences between what a profile asks of a robot's base and whether the MJCF's base is free."""

from __future__ import annotations

import mujoco

from rl_agent.exceptions import Problem
from rl_agent.interface.observation import BODY_TERMS
from rl_agent.spec import RobotSpec
from sim.floating_base import floating_joint


def base_problems(spec: RobotSpec, model: mujoco.MjModel) -> list[Problem]:
    """Return what needs a free base that is not, and what needs a fixed one that is not."""
    if floating_joint(model) is None:
        message = "needs a body with a free joint, which the MJCF does not have"
        return [
            Problem(f"observation.terms[{index}]", f"{term!r} {message}")
            for index, term in enumerate(spec.obs_terms)
            if term in BODY_TERMS
        ]
    safety = spec.safety
    wanted = {
        "limit_effort": safety.limit_effort,
        "max_power_w": safety.max_power_w is not None,
        "prediction_steps": safety.prediction_steps > 0,
    }
    # Gravity and inertia of a leg depend on which feet stand, which no planning model knows.
    message = "its model holds for a base that is fixed to the world; the MJCF's has a free joint"
    return [Problem(f"safety.{key}", message) for key, is_wanted in wanted.items() if is_wanted]
