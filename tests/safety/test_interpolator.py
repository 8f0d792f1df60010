"""The cubic between proposals; T = 10 ms, the policy's period 50 ms: five ticks."""

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.interpolator import Interpolator
from rl_agent.types import Command


def command(position, velocity=0.0):
    return Command(position=np.array([position]), velocity=np.array([velocity]))


def begun(start, end, period_s=0.05):
    path = Interpolator(rail(), 0.01)
    path.start(start, end, period_s)
    return path


def positions(path, count):
    return [float(path.advance().position[0]) for _ in range(count)]


def test_from_rest_to_rest_it_is_the_smooth_step():
    # 3 s^2 - 2 s^3 at s = 0.2, 0.4, 0.6, 0.8, 1, then it stands.
    expected = [0.104, 0.352, 0.648, 0.896, 1.0, 1.0, 1.0]
    assert positions(begun(command(0.0), command(1.0)), 7) == pytest.approx(expected)


def test_at_constant_velocity_it_is_a_straight_line_and_goes_on_beyond_its_end():
    path = begun(command(2.0, 1.0), command(2.05, 1.0))
    expected = [2.01, 2.02, 2.03, 2.04, 2.05, 2.06, 2.07]
    assert positions(path, 7) == pytest.approx(expected)


def test_under_constant_acceleration_it_is_the_parabola():
    # x = v t + a t^2 / 2 with v = 1, a = 4: at 0.05 s 0.055 and 1.2.
    path = begun(command(0.0, 1.0), command(0.055, 1.2))
    points = [path.advance() for _ in range(5)]
    times = np.arange(1, 6) * 0.01
    assert [p.position[0] for p in points] == pytest.approx(times + 2.0 * times**2)
    assert [p.velocity[0] for p in points] == pytest.approx(1.0 + 4.0 * times)


def test_the_end_need_not_fall_on_a_tick():
    # 33.3 Hz: the end at 30.03 ms lies just after the third tick.
    path = begun(command(0.0, 1.0), command(1 / 33.3, 1.0), 1 / 33.3)
    assert positions(path, 5) == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])


def test_a_period_shorter_than_a_tick_is_taken_as_one_tick():
    path = begun(command(0.0), command(0.5, 1.0), 1e-12)
    assert positions(path, 2) == pytest.approx([0.5, 0.51])


def test_a_steady_acceleration_stays_steady_across_proposals():
    # Tick velocities are means; without the slope's half step the first tick after every proposal
    # would change speed by only half as much as the others.
    path, applied = Interpolator(rail(), 0.01), command(0.0)
    velocities = []
    for period in range(1, 7):
        time_s = 0.02 * period
        path.start(applied, command(2.0 * time_s**2, 4.0 * time_s), 0.02)
        for _ in range(2):
            reference = path.advance()
            velocities.append((reference.position[0] - applied.position[0]) / 0.01)
            applied = command(reference.position[0], velocities[-1])
    assert np.diff(velocities)[2:] == pytest.approx(0.04, rel=1e-6)


def test_the_outlook_bounds_the_segment_and_ends_with_it():
    path = begun(command(0.0, -1.0), command(0.02, 3.0))
    outlook = path.outlook
    values = positions(path, 5)
    assert outlook.lowest[0] <= min(values) < 0.0
    assert outlook.highest[0] == pytest.approx(0.02)
    path.advance()
    assert path.outlook is None


def test_shifting_moves_what_is_left_of_the_segment():
    path = begun(command(0.0, 1.0), command(0.05, 1.0))
    path.advance()
    path.shift(np.array([0.3]))
    assert positions(path, 5) == pytest.approx([0.32, 0.33, 0.34, 0.35, 0.36])


def test_it_continues_bit_by_bit_from_a_saved_state():
    path = begun(command(0.1, 0.7), command(0.3, -0.2))
    path.advance()
    other = Interpolator(rail(), 0.01)
    other.set_state(path.get_state())
    assert positions(path, 8) == positions(other, 8)
