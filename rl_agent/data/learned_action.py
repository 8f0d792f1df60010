"""Which of a step's two actions do critics learn from: what was wanted, or what was done?"""

from __future__ import annotations

from typing import Literal

import numpy as np

from rl_agent.types import FloatArray, Reason

CriticAction = Literal["applied", "proposed"]


def learned_action(rows: np.ndarray, critic_action: CriticAction) -> FloatArray:
    """Return (N, A) the actions of (N,) rows; where a person was at the controls, theirs."""
    applied: FloatArray = rows["applied_action"]
    if critic_action == "applied":
        return applied
    is_human = (rows["reasons"] & Reason.HUMAN) != 0
    return np.where(is_human[:, None], applied, rows["action"])
