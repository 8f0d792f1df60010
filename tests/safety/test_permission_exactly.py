"""When arm and reset are granted, and which obstacle is told first."""

from types import SimpleNamespace

import numpy as np
import pytest
from monitor_rig import axis, robot

from rl_agent.safety.measurement_intake import MeasurementIntake
from rl_agent.safety.permission import Permission
from rl_agent.safety.proposal_intake import ProposalIntake
from rl_agent.safety.signals import Company
from rl_agent.safety.supervision import Supervision
from rl_agent.spec import ControllerSpec, ControllerType
from rl_agent.types import Measurement

ENDLESS = ControllerSpec(type=ControllerType.FORWARD_POSITION, name="c")
"""A controller that would not stop by itself."""


def asking(**changes):
    spec = robot(axis("a"), **changes)
    measurements = MeasurementIntake(spec)
    supervision = Supervision(spec, measurements, ProposalIntake(spec))
    permission = Permission(spec, measurements, supervision)
    return SimpleNamespace(
        permission=permission, measurements=measurements, supervision=supervision
    )


def measure(w, position=0.0, velocity=0.0):
    taken = Measurement(1.0, np.array([position]), np.array([velocity]), 1.0)
    assert w.measurements.take(taken, 1.0, may_restart=True) == ""


def refusal(w, now_s=1.0, stopped=""):
    measurement, words = w.permission.to_arm(now_s, stopped)
    assert (measurement is None) == bool(words)
    return words


def test_a_robot_that_stands_within_its_limits_is_armed_where_it_is():
    w = asking()
    measure(w, 0.5)
    assert w.permission.to_arm(1.02, "") == (w.measurements.newest, "")
    assert w.permission.to_reset(1.02) == ""


def test_obstacles_are_told_in_order():
    w = asking(controller=ENDLESS)
    w.supervision.hear(Company("a, b"))
    assert refusal(w, stopped="stopped") == "stopped"
    assert "no time-out" in refusal(w)
    measure(w, 1.2, 0.5)
    assert refusal(w, stopped="stopped") == "stopped"
    assert "no time-out" in refusal(w)
    w = asking()
    w.supervision.hear(Company("a, b"))
    assert "no measurement has arrived" in refusal(w)
    measure(w, 1.2, 0.5)
    assert "a moves at 0.50" in refusal(w)
    w.supervision.hear(Company(""))
    assert "a moves at 0.50" in refusal(w)


@pytest.mark.parametrize("has_company", [True, False])
def test_a_joint_beyond_its_limits_is_told_before_the_monitors(has_company):
    w = asking()
    measure(w, 1.2)
    w.supervision.hear(Company("a, b" if has_company else ""))
    assert "a is at 1.200 m" in refusal(w)


def test_what_a_monitor_minds_is_told_last():
    w = asking()
    measure(w)
    w.supervision.hear(Company("a, b"))
    assert refusal(w) == "a, b"
    # A reset moves nothing.
    assert w.permission.to_reset(1.0) == ""


def test_old_readings_grant_nothing():
    w = asking()
    measure(w)
    assert "30 ms old, at most 20 ms" in refusal(w, 1.03)
    assert "30 ms old, at most 20 ms" in w.permission.to_reset(1.03)
    assert "no measurement has arrived" in asking().permission.to_reset(1.0)


def test_no_reset_while_the_robot_moves():
    w = asking()
    measure(w, 1.2, 0.5)
    assert "a moves at 0.50" in w.permission.to_reset(1.0)
    w = asking()
    measure(w, 1.2)
    assert w.permission.to_reset(1.0) == ""
