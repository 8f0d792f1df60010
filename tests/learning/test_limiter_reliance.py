import numpy as np
import pytest

from rl_agent.data.layout import TransitionLayout
from rl_agent.learning.limiter_reliance import SHARES, limiter_reliance
from rl_agent.types import Reason
from sim.control_loop import SHARES as STORED

LAYOUT = TransitionLayout(obs_dim=1, act_dim=1)


def rows(*reasons):
    made = np.zeros(len(reasons), LAYOUT.row_dtype)
    made["reasons"] = [int(reason) for reason in reasons]
    return made


def test_shares_are_of_the_steps():
    both = Reason.POSITION | Reason.VELOCITY
    figures = limiter_reliance(rows(both, Reason.VELOCITY, Reason.NONE, Reason.NONE))
    assert figures == {
        "limited_steps": 0.5,
        "steps_by_position": 0.25,
        "steps_by_velocity": 0.5,
    }


def test_the_change_is_split_between_the_limits():
    made = rows(Reason.VELOCITY, Reason.ACCELERATION)
    made["shares"] = [[0.0, 3.0, 0.0], [0.0, 0.0, 1.0]]
    figures = limiter_reliance(made)
    assert figures["change_by_velocity"] == pytest.approx(0.75)
    assert figures["change_by_acceleration"] == pytest.approx(0.25)
    assert "change_by_position" not in figures


def test_what_is_no_limit_is_named_but_no_reliance():
    figures = limiter_reliance(rows(Reason.START_RAMP, Reason.NONE))
    assert figures == {"limited_steps": 0.0, "steps_by_start_ramp": 0.5}


def test_a_broken_share_breaks_nothing():
    made = rows(Reason.VELOCITY)
    made["shares"] = [[np.nan, 1.0, np.inf]]
    assert limiter_reliance(made)["change_by_velocity"] == 1.0


def test_without_a_gate_there_is_nothing_to_say():
    assert limiter_reliance(rows(Reason.NONE)) == {}
    assert limiter_reliance(rows()) == {}


def test_the_order_of_limits_is_the_one_they_are_stored_in():
    assert SHARES == STORED
