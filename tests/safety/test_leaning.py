import numpy as np
import pytest

from rl_agent.safety.leaning import is_limited
from rl_agent.types import Reason

LIMITS = {"POSITION", "VELOCITY", "ACCELERATION", "JERK", "EFFORT", "WORKSPACE", "BARRIER"}
LIMITS |= {"PREDICTION", "SELF_DISTANCE", "POWER"}


@pytest.mark.parametrize("reason", Reason)
def test_limits_alone_limit(reason):
    assert is_limited(int(reason)) is (reason.name in LIMITS)
    assert is_limited(reason) is (reason.name in LIMITS)


def test_whoever_acts_is_limited_by_the_same_limits():
    assert not is_limited(Reason.HUMAN | Reason.SPEED_SCALE | Reason.START_RAMP)
    assert is_limited(Reason.HUMAN | Reason.SPEED_SCALE | Reason.VELOCITY)


@pytest.mark.parametrize("kind", ["<u4", np.int64])
def test_many_steps_are_told_at_once(kind):
    reasons = [Reason.NONE, Reason.HUMAN, Reason.POWER, Reason.HUMAN | Reason.JERK]
    found = is_limited(np.array([int(reason) for reason in reasons], kind))
    assert found.tolist() == [False, False, True, True]
