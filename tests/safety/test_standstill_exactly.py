"""What follows a stop, tick by tick: 0.3 s at 100 Hz are 30 ticks of standing."""

import pytest
from monitor_rig import axis, robot

from rl_agent.safety.standstill import Standstill
from rl_agent.spec import StopMode


def standstill(mode, gate_hz=100.0):
    return Standstill(robot(axis("a"), stop_mode=mode, gate_hz=gate_hz))


def stand(counted, ticks):
    for _ in range(ticks):
        counted.note(is_stopped=True)
    return counted.mode


@pytest.mark.parametrize("mode", [StopMode.DAMP, StopMode.TORQUE_OFF])
@pytest.mark.parametrize(("gate_hz", "ticks"), [(100.0, 30), (125.0, 38), (500.0, 150)])
def test_servos_are_let_go_only_once_they_stood(mode, gate_hz, ticks):
    counted = standstill(mode, gate_hz)
    counted.end()
    assert stand(counted, ticks - 1) == "run"
    assert not counted.is_settled and counted.is_commanding
    assert stand(counted, 1) == mode.value
    assert counted.is_settled and not counted.is_commanding
    assert stand(counted, 5) == mode.value


def test_moving_counts_anew():
    counted = standstill(StopMode.DAMP)
    counted.end()
    stand(counted, 29)
    counted.note(is_stopped=False)
    assert stand(counted, 29) == "run"
    assert stand(counted, 1) == "damp"


def test_holding_needs_no_time_but_a_stop():
    counted = standstill(StopMode.HOLD)
    counted.end()
    counted.note(is_stopped=False)
    assert counted.mode == "run" and counted.is_settled and counted.is_commanding
    assert stand(counted, 1) == "hold"
    assert counted.is_commanding


@pytest.mark.parametrize("mode", list(StopMode))
def test_before_anybody_armed_the_pose_is_the_drivers(mode):
    counted = standstill(mode)
    assert counted.mode == "hold"
    assert counted.is_settled == (mode is StopMode.HOLD)


def test_arming_goes_back_to_run():
    counted = standstill(StopMode.TORQUE_OFF)
    stand(counted, 30)
    counted.end()
    assert counted.mode == "run" and not counted.is_settled
    assert stand(counted, 29) == "run"


def test_it_goes_on_where_it_was_saved():
    counted, other = standstill(StopMode.DAMP), standstill(StopMode.DAMP)
    counted.end()
    stand(counted, 20)
    other.set_state(counted.get_state())
    assert other.mode == "run"
    assert stand(other, 9) == "run"
    assert stand(other, 1) == "damp"
