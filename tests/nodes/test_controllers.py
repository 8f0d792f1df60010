import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.spec import ControllerSpec, ControllerType
from rl_agent.types import Command
from surefoot_nodes.controllers import (
    ForwardPositionController,
    ForwardVelocityController,
    TrajectoryController,
    make_controller,
)


def at(position, velocity=0.0):
    return Command(np.array([position]), np.array([velocity]))


def sample(controller, now_s):
    command = controller.sample(now_s)
    return float(command.position[0]), float(command.velocity[0])


def test_rests_at_the_start_before_any_command():
    for kind in (TrajectoryController, ForwardPositionController, ForwardVelocityController):
        assert sample(kind(np.array([0.3])), 5.0) == (0.3, 0.0)


def test_trajectory_is_a_cubic_from_the_last_desired_state():
    # Rest to rest over 1 s: half way at half time, with 1.5 times the mean speed.
    controller = TrajectoryController(np.array([0.0]))
    controller.receive([(1.0, at(1.0))], 10.0)
    assert sample(controller, 10.0) == (0.0, 0.0)
    assert sample(controller, 10.5) == pytest.approx((0.5, 1.5))
    assert sample(controller, 11.0) == (1.0, 0.0)


def test_trajectory_holds_its_last_point_for_ever():
    controller = TrajectoryController(np.array([0.0]))
    controller.receive([(0.1, at(0.2, 1.0)), (0.2, at(0.25, 0.0))], 0.0)
    assert sample(controller, 100.0) == (0.25, 0.0)


def test_new_trajectory_starts_where_the_old_one_was():
    controller = TrajectoryController(np.array([0.0]))
    controller.receive([(1.0, at(1.0))], 0.0)
    controller.receive([(1.0, at(1.0))], 0.5)
    assert sample(controller, 0.5) == pytest.approx((0.5, 1.5))
    assert sample(controller, 1.5) == (1.0, 0.0)


def test_braking_tail_is_followed_when_nothing_more_comes():
    controller = TrajectoryController(np.array([0.0]))
    tail = [(0.01, at(0.01, 1.0)), (0.02, at(0.0175, 0.5)), (0.03, at(0.02, 0.0))]
    controller.receive(tail, 0.0)
    positions = [sample(controller, t)[0] for t in (0.01, 0.02, 0.03, 0.04)]
    assert positions == pytest.approx([0.01, 0.0175, 0.02, 0.02])


def test_forward_position_never_times_out():
    controller = ForwardPositionController(np.array([0.0]))
    controller.receive([(0.0, at(0.7))], 1.0)
    assert sample(controller, 1e6) == (0.7, 0.0)


def test_forward_velocity_goes_on_for_ever_without_a_timeout():
    controller = ForwardVelocityController(np.array([0.0]))
    controller.receive([(0.0, at(0.0, 0.4))], 1.0)
    assert sample(controller, 1e6)[1] == 0.4


@pytest.mark.parametrize(("age_s", "velocity"), [(0.0499, 0.4), (0.0501, 0.0)])
def test_forward_velocity_stops_after_its_timeout(age_s, velocity):
    controller = ForwardVelocityController(np.array([0.0]), timeout_s=0.05)
    controller.receive([(0.0, at(0.0, 0.4))], 1.0)
    assert sample(controller, 1.0 + age_s)[1] == velocity


def test_profile_chooses_the_controller():
    velocity = ControllerSpec(type=ControllerType.FORWARD_VELOCITY, name="c", timeout_ms=50.0)
    controller = make_controller(planar_spec(controller=velocity), np.zeros(2))
    controller.receive([(0.0, Command(np.zeros(2), np.ones(2)))], 0.0)
    assert controller.sample(0.04).velocity.tolist() == [1.0, 1.0]
    assert controller.sample(0.06).velocity.tolist() == [0.0, 0.0]
    assert isinstance(make_controller(planar_spec(), np.zeros(2)), TrajectoryController)
