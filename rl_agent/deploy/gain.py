"""Does a version ask for much more than the one that acts, on the observations that it brings?

A shadow run sees a second of one situation. In a robot that rests at its goal, a network whose last
layer is ten times too large looks like any other; on golden observations, which a learner draws
from all that its robot met of late, it does not.
"""

from __future__ import annotations

import numpy as np

from .acting_policy import ActingPolicy
from .gaussians import ask

MOST_GAIN = 5.0
"""Between two versions of a learner means may double or triple."""
LEAST_SIZE = 1.0
"""Before the tanh: below, even many times the action is a gentle one."""


def gain_objection(candidate: ActingPolicy, incumbent: ActingPolicy, slack: float = 1.0) -> str:
    """Return why the candidate's means are suspiciously large; empty where they are not.

    One inference of the incumbent per golden observation; the candidate's outputs are known.

    Args:
        candidate: Its golden vectors were verified.
        incumbent: Who acts.
        slack: >= 1, a factor on the bound.
    """
    sizes, gains = [], []
    for obs, mean in zip(candidate.golden.obs, candidate.golden.mean, strict=True):
        answer = ask(incumbent, np.array(obs, dtype=np.float32))
        if answer is not None:
            size = float(np.linalg.norm(mean))
            sizes.append(size / np.sqrt(len(mean)))
            gains.append(size / max(float(np.linalg.norm(answer[0])), 1e-6))
    if not sizes or np.median(sizes) <= LEAST_SIZE or np.median(gains) <= slack * MOST_GAIN:
        return ""
    found = float(np.median(gains))
    return f"gain: expected at most {slack * MOST_GAIN:.0f} times the incumbent, found {found:.1f}"
