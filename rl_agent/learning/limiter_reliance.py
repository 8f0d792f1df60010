"""How much of what the policy wants do the limits change, and which of them?"""

from __future__ import annotations

import numpy as np

from rl_agent.safety.leaning import is_limited
from rl_agent.types import SHARES, Reason


def limiter_reliance(rows: np.ndarray) -> dict[str, float]:
    """Return shares of steps by reason, and of all change by limit; what never was is left out.

    Args:
        rows: (N,) of experience; a step counts where any of the gate's ticks within it did.
    """
    reasons = rows["reasons"].astype(np.int64)
    if len(rows) == 0 or not reasons.any():
        return {}
    figures = {"limited_steps": float(np.mean(is_limited(reasons)))}
    for reason in Reason:
        share = float(np.mean((reasons & int(reason)) != 0))
        if share > 0.0:
            figures[f"steps_by_{reason.name}".lower()] = share
    change = np.nan_to_num(rows["shares"].astype(np.float64), posinf=0.0, neginf=0.0).sum(0)
    if change.sum() > 0.0:
        parts = zip(SHARES, change / change.sum(), strict=True)
        figures |= {f"change_by_{reason.name}".lower(): float(p) for reason, p in parts if p > 0.0}
    return figures
