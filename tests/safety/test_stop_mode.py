"""What the driver is told once the robot stands: hold, damp or torque_off. T = 10 ms."""

import pytest
from safety_rig import Rig, rail, so101

from rl_agent.spec import ControllerSpec, ControllerType, StopMode
from rl_agent.types import SafetyState

LET_GO = [StopMode.DAMP, StopMode.TORQUE_OFF]


def stopped(stop_mode):
    rig = Rig(so101(stop_mode=stop_mode))
    rig.move()
    rig.gate.estop("button")
    return rig


def test_hold_keeps_sending_the_pose():
    rig = stopped(StopMode.HOLD)
    rig.tick()
    assert rig.gate.mode == "run"
    assert rig.tick(100).command is not None
    assert rig.gate.mode == "hold"


@pytest.mark.parametrize("stop_mode", LET_GO)
def test_the_robot_is_let_go_after_it_stood_for_a_while(stop_mode):
    rig = stopped(stop_mode)
    modes, commands = [], []
    for _ in range(50):
        output = rig.tick()
        modes.append(rig.gate.mode)
        commands.append(output.command)
    let_go = modes.index(stop_mode.value)
    # 0.4 to 0.5 rad/s are gone after 3 ticks; it stands for 30.
    assert 31 <= let_go <= 33
    assert all(command is not None for command in commands[:let_go])
    assert commands[let_go:] == [None] * (50 - let_go)
    assert rig.gate.state is SafetyState.STOPPED


@pytest.mark.parametrize("stop_mode", LET_GO)
def test_arming_takes_it_up_where_it_fell(stop_mode):
    rig = stopped(stop_mode)
    rig.tick(50)
    rig.position[1] -= 0.4
    rig.velocity[:] = 0.0
    rig.clock.advance(0.01)
    rig.measure()
    assert rig.gate.reset()[0]
    assert rig.gate.mode == stop_mode.value
    rig.clock.advance(0.01)
    rig.arm()
    assert rig.gate.mode == "run"
    output = rig.tick()
    assert output.command.position == pytest.approx(rig.position)


@pytest.mark.parametrize("stop_mode", LET_GO)
def test_disarming_ends_in_the_stop_mode_too(stop_mode):
    rig = Rig(so101(stop_mode=stop_mode))
    assert rig.gate.mode == "hold"
    rig.move()
    rig.gate.disarm()
    rig.tick(50)
    assert rig.gate.state is SafetyState.UNARMED
    assert rig.gate.mode == stop_mode.value


def test_a_hold_lets_nothing_go():
    rig = Rig(so101(stop_mode=StopMode.TORQUE_OFF))
    rig.arm()
    assert rig.tick(200).state is SafetyState.HOLD
    assert rig.gate.mode == "run"


def test_an_estop_while_unarmed_lets_go_as_well():
    rig = Rig(so101(stop_mode=StopMode.TORQUE_OFF))
    rig.measure()
    rig.gate.estop("button")
    rig.tick(50)
    assert rig.gate.mode == "torque_off"


def test_a_position_controller_without_tail_or_time_out_cannot_be_armed():
    controller = ControllerSpec(type=ControllerType.FORWARD_POSITION, name="arm")
    rig = Rig(rail(controller=controller))
    rig.measure()
    is_armed, words = rig.gate.arm()
    assert not is_armed
    assert "the position controller arm has no time-out" in words
    assert "joint_trajectory_controller" in words
