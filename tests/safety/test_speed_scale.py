"""The operator's share of the speed limits. so101: v_max 3, a 12, T = 10 ms, no start ramp."""

import numpy as np
import pytest
from safety_rig import Rig, check_within_limits, so101

from rl_agent.types import Reason, SafetyState


def top_speed(rig, ticks):
    rig_speed = []
    for n in range(ticks):
        if n % 5 == 0:
            rig.propose(rig.position + np.array([0.5, 0, 0, 0, 0, 0]), 0.0)
        rig_speed.append(abs(rig.tick().command.velocity[0]))
    return np.array(rig_speed)


def test_a_quarter_is_kept_from_the_start_and_named():
    rig = Rig(so101())
    rig.gate.set_speed_scale(0.25)
    rig.arm()
    speeds = top_speed(rig, 60)
    assert speeds.max() == pytest.approx(0.75, abs=1e-9)
    reasons = rig.outputs[-1].reasons
    assert reasons & Reason.SPEED_SCALE
    assert not reasons & Reason.START_RAMP
    assert rig.outputs[-1].shares[Reason.SPEED_SCALE] > 0.0


def test_the_start_ramp_is_named_where_it_bites_more():
    rig = Rig(so101(start_ramp_s=0.5))
    rig.gate.set_speed_scale(0.5)
    rig.arm()
    top_speed(rig, 60)
    reasons = [output.reasons for output in rig.outputs]
    assert reasons[5] & Reason.START_RAMP and not reasons[5] & Reason.SPEED_SCALE
    assert reasons[50] & Reason.SPEED_SCALE and not reasons[50] & Reason.START_RAMP


def test_raising_is_gradual_and_lowering_keeps_the_acceleration_limit():
    rig = Rig(so101())
    rig.gate.set_speed_scale(0.25)
    rig.arm()
    top_speed(rig, 30)
    rig.gate.set_speed_scale(1.0)
    assert np.diff(top_speed(rig, 20)).max() <= 0.12 + 1e-9
    rig.gate.set_speed_scale(0.1)
    slowing = top_speed(rig, 80)
    assert slowing[-1] == pytest.approx(0.3, abs=1e-9)
    # 0.5 * 12 / 3 per second: half the deceleration that is allowed.
    assert np.diff(slowing).min() >= -0.06 - 1e-9
    positions, velocities = rig.commands()
    check_within_limits(rig.spec, positions, velocities, start=rig.spec.home)


@pytest.mark.parametrize("share", [0.0, 0.009, 1.01, -1.0, np.nan, np.inf])
def test_a_share_outside_is_refused(share):
    rig = Rig(so101())
    with pytest.raises(ValueError, match=r"from 0\.01 to 1"):
        rig.gate.set_speed_scale(share)
    assert rig.gate.speed_scale == 1.0


def test_the_share_outlives_stop_and_arm():
    rig = Rig(so101())
    rig.gate.set_speed_scale(0.25)
    rig.move()
    rig.gate.estop("button")
    rig.tick(20)
    rig.gate.reset()
    rig.arm()
    assert top_speed(rig, 60).max() == pytest.approx(0.75, abs=1e-9)
    assert rig.gate.diagnostics()["speed_scale"] == 0.25
    assert rig.gate.state is SafetyState.ARMED
