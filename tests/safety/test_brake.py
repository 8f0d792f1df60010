"""The brake profile, in numbers: b = 20, T = 0.01, so 0.2 of speed goes per tick."""

import numpy as np
import pytest
from safety_rig import rail, so101

from rl_agent.safety.brake import brake_velocity, braking_step, braking_tail
from rl_agent.safety.safety_filter import SafetyFilter


def test_one_step_takes_deceleration_times_period():
    assert braking_step(rail(), 0.01) == pytest.approx([0.2])


@pytest.mark.parametrize(
    ("velocity", "expected"),
    [(0.5, 0.3), (0.2, 0.0), (0.19, 0.0), (0.0, 0.0), (-0.5, -0.3), (-0.1, 0.0), (5e-324, 0.0)],
)
def test_braking_never_passes_zero(velocity, expected):
    assert brake_velocity(np.array([velocity]), np.array([0.2]))[0] == pytest.approx(expected)


def test_the_tail_lists_every_tick_until_standstill():
    # 0.5 -> 0.3, 0.1, 0; positions 1.003, 1.004, 1.004.
    tail = braking_tail(rail(), np.array([1.0]), np.array([0.5]), 0.01)
    assert [command.velocity[0] for command in tail] == pytest.approx([0.3, 0.1, 0.0])
    assert [command.position[0] for command in tail] == pytest.approx([1.003, 1.004, 1.004])
    assert tail[-1].velocity[0] == 0.0


def test_a_robot_at_rest_needs_no_tail():
    assert braking_tail(rail(), np.array([1.0]), np.array([0.0]), 0.01) == []


def test_the_tail_ends_when_the_slowest_joint_stands():
    spec = so101()
    velocity = np.array([2.5, -2.5, 0.1, 0.0, 1.0, -0.3])
    tail = braking_tail(spec, np.zeros(6), velocity, 0.01)
    # 2.5 / (20 * 0.01) = 12.5, so the 13th point stands.
    assert len(tail) == 13
    assert not tail[-1].velocity.any()
    assert tail[-2].velocity[0] == pytest.approx(0.1)


def test_the_filter_brakes_along_the_same_tail():
    spec = so101()
    safety_filter = SafetyFilter(spec)
    velocity = np.array([1.0, -1.0, 0.5, 0.0, 0.25, -0.3])
    state = {"position": np.zeros(6), "velocity": velocity, "previous_velocity": velocity}
    safety_filter.set_state(state)
    for point in braking_tail(spec, np.zeros(6), velocity, spec.gate_period_s):
        command = safety_filter.brake().command
        np.testing.assert_array_equal(command.position, point.position)
        np.testing.assert_array_equal(command.velocity, point.velocity)
    assert safety_filter.is_at_rest
