"""Frozen sensors by hand. By the command 0.05 s at full speed are borne, by the velocity 0.01.

T = 10 ms, S = 20 ms; `a` does 1 a second, `slower` 0.5, and `closer` may lag by 0.02 only.
"""

import numpy as np
import pytest
from monitor_rig import axis, robot, seen, swing

from rl_agent.safety.frozen_monitor import FrozenMonitor
from rl_agent.types import Reason

REST = (0.0, 0.0, 0.0, 0.0)


def watching():
    slower = axis("slower", max_velocity=0.5, max_following_error=0.4)
    return FrozenMonitor(
        robot(swing(), axis("a"), slower, axis("closer", max_following_error=0.02))
    )


@pytest.fixture
def monitor():
    return watching()


def look(monitor, stamp_s, position=REST, velocity=REST, command=REST[1:], *, is_new=True):
    view = seen(stamp_s, position, velocity, commanded_velocity=command, is_new=is_new)
    return monitor.check(view)


def frozen(joint):
    return (Reason.FROZEN, f"the reading of {joint} is frozen although the joint moves", False)


@pytest.mark.parametrize(
    ("command", "borne", "joint"),
    [
        # 0.05 of a, at 0.006 a tick: 8 ticks.
        ((0.6, 0.0, 0.0), 8, "a"),
        ((-0.6, 0.0, 0.0), 8, "a"),
        # 0.025 of slower, at 0.003 a tick: 8 ticks.
        ((0.0, 0.3, 0.0), 8, "slower"),
        ((0.1, -0.3, 0.1), 8, "slower"),
        # 0.02 of closer, at 0.003 a tick: 6 ticks.
        ((0.0, 0.0, 0.3), 6, "closer"),
    ],
)
def test_a_joint_that_is_sent_and_never_arrives_is_frozen(monitor, command, borne, joint):
    look(monitor, 1.0, command=command)
    for tick in range(1, borne + 1):
        assert look(monitor, 1.0 + 0.01 * tick, command=command) is None
    assert look(monitor, 1.0 + 0.01 * (borne + 1), command=command) == frozen(joint)


@pytest.mark.parametrize(
    ("velocity", "borne", "joint"),
    [
        # 0.01, at 0.003 a reading: 3 readings.
        ((0.0, 0.3, 0.0, 0.0), 3, "a"),
        ((0.0, 0.1, 0.0, -0.3), 3, "closer"),
        ((0.6, 0.0, 0.0, 0.0), 1, "swing"),
    ],
)
def test_a_joint_that_says_it_moves_and_stays_is_frozen(monitor, velocity, borne, joint):
    look(monitor, 1.0, velocity=velocity)
    for reading in range(1, borne + 1):
        assert look(monitor, 1.0 + 0.01 * reading, velocity=velocity) is None
    assert look(monitor, 1.0 + 0.01 * (borne + 1), velocity=velocity) == frozen(joint)


def test_the_command_names_first(monitor):
    look(monitor, 1.0)
    found = look(monitor, 1.01, REST, (0.0, 2.0, 0.0, 0.0), (0.0, 0.0, 3.0))
    assert found == frozen("closer")


def sums(monitor):
    state = monitor.get_state()
    return list(state["commanded"]), list(state["measured"])


def test_all_ticks_since_the_last_reading_count(monitor):
    look(monitor, 1.00, command=(0.1, 0.0, 0.0))
    look(monitor, 1.01, command=(0.1, 0.0, 0.0), is_new=False)
    look(monitor, 1.02, command=(0.1, 0.0, 0.0), is_new=False)
    assert sums(monitor)[0] == [0.0, 0.0, 0.0]
    look(monitor, 1.03, command=(0.1, -0.2, 0.0))
    assert sums(monitor)[0] == pytest.approx([0.003, 0.006, 0.0])
    look(monitor, 1.04, command=(0.1, 0.2, 0.0))
    assert sums(monitor)[0] == pytest.approx([0.004, 0.008, 0.0])


@pytest.mark.parametrize(
    ("elapsed_s", "counted_s"),
    [(-5.0, 0.0), (0.0, 0.0), (0.01, 0.01), (0.019, 0.019), (0.03, 0.02), (900.0, 0.02)],
)
def test_stamps_may_jump(monitor, elapsed_s, counted_s):
    look(monitor, 100.0)
    look(monitor, 100.0 + elapsed_s, velocity=(0.0, -0.1, 0.2, 0.0))
    measured = [0.0, 0.1 * counted_s, 0.2 * counted_s, 0.0]
    assert sums(monitor)[1] == pytest.approx(measured, abs=1e-12)


@pytest.mark.parametrize(
    ("position", "commanded", "measured"),
    [
        ((0.0, 0.0, 0.0, 0.0), [0.008, 0.008, 0.008], [0.004] * 4),
        ((0.0, 0.1, 0.0, 0.0), [0.0, 0.008, 0.008], [0.004, 0.0, 0.004, 0.004]),
        ((0.1, 0.0, 0.0, 0.1), [0.008, 0.008, 0.0], [0.0, 0.004, 0.004, 0.0]),
        ((0.1, 0.1, 0.1, 0.1), [0.0] * 3, [0.0] * 4),
    ],
)
def test_a_position_that_changes_clears_its_own_sums(monitor, position, commanded, measured):
    velocity, command = (0.2,) * 4, (0.4,) * 3
    look(monitor, 1.00)
    look(monitor, 1.01, velocity=velocity, command=command)
    look(monitor, 1.02, position, velocity, command)
    assert sums(monitor)[0] == pytest.approx(commanded)
    assert sums(monitor)[1] == pytest.approx(measured)
    # What follows is compared with the newest position.
    look(monitor, 1.03, position, velocity, command)
    assert sums(monitor)[0] == pytest.approx([x + 0.004 for x in commanded])


def test_it_begins_anew_with_the_next_reading(monitor):
    look(monitor, 1.0)
    look(monitor, 1.01, velocity=(0.0, 0.5, 0.0, 0.0), command=(0.0, 0.5, 0.0))
    look(monitor, 1.02, is_new=False)
    monitor.restart()
    look(monitor, 1.03, command=(9.0, 9.0, 9.0))
    assert sums(monitor) == ([0.0] * 3, [0.0] * 4)
    look(monitor, 1.04, command=(0.1, 0.0, 0.0))
    assert sums(monitor)[0] == pytest.approx([0.001, 0.0, 0.0])


def test_it_goes_on_where_it_was_saved(monitor):
    other = watching()
    look(other, 0.5)
    other.set_state(monitor.get_state())
    assert other.get_state()["last"] is None
    velocity, command = (0.1, 0.0, 0.2, 0.0), (0.1, 0.2, 0.3)
    look(monitor, 1.00, velocity=velocity, command=command)
    look(monitor, 1.01, velocity=velocity, command=command)
    look(monitor, 1.02, is_new=False)
    other.set_state(monitor.get_state())
    assert other.get_state()["last"] is not monitor.get_state()["last"]
    for stamp_s, position in [(1.03, REST), (1.04, (0.0, 0.0, 0.1, 0.0))]:
        look(monitor, stamp_s, position, velocity, command)
        look(other, stamp_s, position, velocity, command)
        np.testing.assert_array_equal(sums(other)[0], sums(monitor)[0])
        np.testing.assert_array_equal(sums(other)[1], sums(monitor)[1])
    assert max(sums(other)[0]) > 0.0
