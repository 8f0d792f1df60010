"""Velocity controllers: the velocity is what counts, the position reference is the measured one."""

from dataclasses import replace

import numpy as np
import pytest
from safety_rig import Rig, velocity_rail

from rl_agent.robots.profile import load_robot
from rl_agent.types import SafetyState


def test_a_velocity_controller_without_time_out_cannot_be_armed():
    rig = Rig(velocity_rail(timeout_ms=None))
    rig.measure()
    is_armed, words = rig.gate.arm()
    assert not is_armed
    assert words.startswith("refused: the velocity controller rail_controller has no time-out")


def run(rig, target, periods, lag):
    """Drive a robot that moves with `lag` of the commanded speed towards `target`."""
    outputs = []
    for _ in range(periods):
        rig.propose(target)
        for _ in range(5):
            rig.clock.advance(rig.dt)
            rig.measure()
            output = rig.gate.tick()
            rig.velocity[:] = lag * output.command.velocity
            rig.position += rig.velocity * rig.dt
            outputs.append(output)
    return outputs


@pytest.mark.parametrize("lag", [1.0, 0.8])
def test_the_target_is_reached_although_the_robot_is_slower_than_told(lag):
    rig = Rig(velocity_rail())
    rig.arm()
    outputs = run(rig, 0.5, 40, lag)
    assert rig.position[0] == pytest.approx(0.5, abs=1e-3)
    velocities = np.array([output.command.velocity[0] for output in outputs])
    assert np.abs(np.diff(velocities)).max() <= 0.1 + 1e-9
    assert np.abs(velocities).max() <= 1.0


def test_the_position_reference_is_the_measured_one():
    rig = Rig(velocity_rail())
    rig.arm()
    output = run(rig, 0.5, 2, 0.5)[-1]
    before = rig.position[0] - rig.velocity[0] * rig.dt
    assert output.command.position[0] == pytest.approx(before + output.command.velocity[0] * rig.dt)


def test_a_jump_of_the_measured_position_does_not_kick_the_robot():
    # 25 mm within a tick are just plausible at 1 m/s: 1.5 * 1 * 0.01 + 0.01.
    rig = Rig(velocity_rail())
    rig.arm()
    rig.tick()
    for _ in range(4):
        rig.propose(rig.position[0] + 0.01, 0.2)
        rig.tick(5)
    rig.propose(rig.position[0] + 0.01, 0.2)
    rig.tick()
    rig.position[0] += 0.02
    velocities = [rig.tick().command.velocity[0] for _ in range(4)]
    assert velocities == pytest.approx([0.2] * 4, abs=1e-3)


def test_the_soft_limit_holds_for_the_measured_position():
    rig = Rig(velocity_rail())
    rig.arm()
    run(rig, 2.0, 60, 0.9)
    assert rig.position[0] <= 1.0 + 1e-9
    assert rig.position[0] == pytest.approx(1.0, abs=0.01)


def test_the_shipped_cart_pole_arms_with_its_pole_swinging():
    rig = Rig(replace(load_robot("cartpole"), start_ramp_s=0.0))
    rig.velocity[1] = 5.0
    rig.arm()
    rig.propose(0.1)
    for _ in range(5):
        rig.position[1] += 5.0 * rig.dt
        rig.tick()
    assert rig.gate.state is SafetyState.ARMED
    assert rig.outputs[-1].command.velocity.shape == (1,)
