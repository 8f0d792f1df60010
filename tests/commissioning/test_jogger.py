from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planar_robot import planar_spec

from rl_agent.commissioning.jogger import JogConfig, Jogger
from rl_agent.spec import ControllerSpec, ControllerType
from rl_agent.types import Command

SPEC = planar_spec()  # 1.5 rad/s, soft limits -1.9 to 1.9, policy period 50 ms
SPEED = 0.075  # 5 % of 1.5


def command(*position):
    return Command(np.array(position, dtype=float), np.zeros(len(position)))


def test_without_a_key_everything_is_held():
    jogger = Jogger(SPEC)
    proposal = jogger.propose(0.0, command(0.5, 1.0))
    np.testing.assert_array_equal(proposal.position, [0.5, 1.0])
    np.testing.assert_array_equal(proposal.velocity, [0.0, 0.0])


def test_a_held_key_moves_one_joint_at_a_twentieth_of_its_speed():
    jogger = Jogger(SPEC)
    jogger.press(+1, 0.0)
    proposal = jogger.propose(0.01, command(0.5, 1.0))
    # 0.075 rad/s over one policy period of 0.05 s
    np.testing.assert_allclose(proposal.position, [0.5 + 0.00375, 1.0])
    np.testing.assert_allclose(proposal.velocity, [SPEED, 0.0])


def test_the_other_direction_and_joint():
    jogger = Jogger(SPEC)
    assert jogger.select(1)
    jogger.press(-1, 0.0)
    proposal = jogger.propose(0.01, command(0.5, 1.0))
    np.testing.assert_allclose(proposal.velocity, [0.0, -SPEED])


@pytest.mark.parametrize(("after_s", "moves"), [(0.0, True), (0.299, True), (0.3, False)])
def test_without_a_key_for_300_ms_it_stands(after_s, moves):
    jogger = Jogger(SPEC)
    jogger.press(+1, 10.0)
    proposal = jogger.propose(10.0 + after_s, command(0.5, 1.0))
    assert bool(proposal.velocity.any()) == moves


def test_after_letting_go_the_last_place_is_held():
    jogger = Jogger(SPEC)
    jogger.press(+1, 0.0)
    moving = jogger.propose(0.0, command(0.5, 1.0))
    held = jogger.propose(1.0, command(0.503, 1.0))
    np.testing.assert_array_equal(held.position, moving.position)
    np.testing.assert_array_equal(held.velocity, [0.0, 0.0])


def test_choosing_another_joint_lets_go():
    jogger = Jogger(SPEC)
    jogger.press(+1, 0.0)
    assert jogger.select(1)
    assert not jogger.is_moving(0.0)
    assert not jogger.select(2)
    assert jogger.joint.name == "b"


def test_it_ends_at_the_soft_limit_and_comes_back_from_beyond():
    jogger = Jogger(SPEC)
    jogger.press(+1, 0.0)
    proposal = jogger.propose(0.0, command(1.8995, 1.0))
    assert proposal.position[0] == pytest.approx(1.9)
    assert proposal.velocity[0] == 0.0
    beyond = jogger.propose(0.0, command(1.95, 1.0))
    assert (beyond.position[0], beyond.velocity[0]) == (1.95, 0.0)
    jogger.press(-1, 0.0)
    assert jogger.propose(0.0, command(1.95, 1.0)).velocity[0] == pytest.approx(-SPEED)


def test_it_goes_no_further_than_asked():
    jogger = Jogger(SPEC)
    jogger.go_no_further_than(0.502)
    jogger.press(+1, 0.0)
    proposal = jogger.propose(0.0, command(0.5, 1.0))
    assert (proposal.position[0], proposal.velocity[0]) == (0.502, 0.0)
    jogger.go_no_further_than(None)
    assert jogger.propose(0.0, command(0.5, 1.0)).velocity[0] == pytest.approx(SPEED)


def test_a_velocity_controller_is_held_where_it_came_to_stand():
    controller = ControllerSpec(type=ControllerType.FORWARD_VELOCITY, name="c", timeout_ms=50.0)
    jogger = Jogger(replace(SPEC, controller=controller))
    jogger.press(+1, 0.0)
    jogger.propose(0.0, command(0.5, 1.0))
    assert jogger.propose(1.0, command(0.51, 1.0)).position[0] == 0.51
    assert jogger.propose(1.1, command(0.52, 1.0)).position[0] == 0.51


@pytest.mark.parametrize("share", [0.0, 0.051, 1.0, float("nan")])
def test_nobody_jogs_faster_than_five_percent(share):
    with pytest.raises(ValueError, match="speed_share"):
        JogConfig(speed_share=share)


keys = st.lists(
    st.tuples(st.sampled_from(["+", "-", "release", "next", "wait"]), st.floats(0.0, 0.4)),
    max_size=60,
)


@given(keys, st.floats(-1.9, 1.9))
def test_whatever_is_typed_one_joint_moves_slowly_and_inside(typed, start):
    jogger, now_s = Jogger(SPEC), 0.0
    at = np.array([start, -start])
    for key, pause_s in typed:
        now_s += pause_s
        if key in "+-":
            jogger.press(+1 if key == "+" else -1, now_s)
        elif key == "release":
            jogger.release()
        elif key == "next":
            jogger.select(1 - jogger.index)
        proposal = jogger.propose(now_s, Command(at, np.zeros(2)))
        step = proposal.position - at
        assert np.abs(step).max() <= SPEED * SPEC.policy_period_s + 1e-12
        assert np.abs(proposal.velocity).max() <= SPEED + 1e-12
        assert np.count_nonzero(np.abs(step) > 1e-12) <= 1
        assert np.abs(proposal.position).max() <= 1.9 + 1e-12
        at = proposal.position  # a gate that follows at once
