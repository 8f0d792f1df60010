"""How far a joint still goes if it stops by its jerk limit, by ticks: in closed form.

One tick: a' within a +- J T, v' = v + a' T, p' = p + v' T. A braking joint (deceleration x = -a)
lets its deceleration rise by J T per tick as long as it can still let it fall by J T per tick until
it stands: x T + R(x) <= v, where R(x) = T (x - J T) + T (x - 2 J T) + ... is the speed that falling
takes. Everything is in units of T and J: speeds in J T^2, accelerations in J T, ways in J T^3.

Where rounding decides whether a tick still belongs to one phase or begins the next, both compute
the same way: none of the whole numbers of ticks needs a tolerance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import Array


def largest_step(speed: Array) -> Array:
    """Return the largest x with x + R(x) <= speed: acceleration that can still fade out.

    With n whole steps below x: x + n x - n (n + 1) / 2 = speed.
    """
    speed = np.maximum(speed, 0.0)
    whole = np.floor(0.5 * (np.sqrt(1.0 + 8.0 * speed) - 1.0))
    step: Array = (speed + 0.5 * whole * (whole + 1.0)) / (whole + 1.0)
    return step


def stopping_way(speed: Array, acceleration: Array, most: Array) -> Array:
    """Return how far a joint goes on until it stands, at most; 0 where it moves away.

    Args:
        speed: Towards the border; negative away from it.
        acceleration: Of the last tick, towards the border.
        most: The largest deceleration A.
    """
    slowing = -acceleration
    # While it still gains speed, nothing but ramping helps; a joint that moves away may turn there.
    ticks = np.maximum(np.floor(-slowing), 0.0)
    way = _ramped_way(speed, slowing, ticks)
    speed, slowing = _ramped(speed, slowing, ticks)
    crossing = np.minimum(np.minimum(most, largest_step(speed)), slowing + 1.0)
    is_crossing = slowing < 0.0
    speed = np.where(is_crossing, speed - crossing, speed)
    way = np.where(is_crossing, way + speed, way)
    slowing = np.where(is_crossing, crossing, slowing)
    is_coming = speed > 0.0
    speed = np.maximum(speed, 0.0)
    # Who brakes harder than can fade out in time turns round; the way is no longer than if not.
    rising = _rising_ticks(speed, slowing, most)
    way = way + _ramped_way(speed, slowing, rising)
    speed, _ = _ramped(speed, slowing, rising)
    holding = _holding_ticks(speed, most)
    way = way + holding * speed - most * holding * (holding + 1.0) / 2.0
    speed = speed - most * holding
    # One that the crossing itself brought to rest, or nearly, has its way behind it.
    total: Array = np.where(is_coming, way + _fading_way(speed), np.maximum(way, 0.0))
    return total


def _ramped(speed: Array, slowing: Array, ticks: Array) -> tuple[Array, Array]:
    """Return speed and deceleration after `ticks` ticks in which the deceleration rises by one."""
    return speed - ticks * slowing - 0.5 * ticks * (ticks + 1.0), slowing + ticks


def _ramped_way(speed: Array, slowing: Array, ticks: Array) -> Array:
    """Return the way of these ticks: the sum of the speeds after each."""
    pairs = 0.5 * ticks * (ticks + 1.0)
    way: Array = ticks * speed - slowing * pairs - pairs * (ticks + 2.0) / 3.0
    return way


def _can_rise(speed: Array, slowing: Array, ticks: Array) -> NDArray[np.bool_]:
    """Tell whether the deceleration can still fade out once it has risen in `ticks` ticks."""
    after, reached = _ramped(speed, slowing, ticks)
    possible: NDArray[np.bool_] = after >= _fading_speed(reached)
    return possible


def _fading_speed(slowing: Array) -> Array:
    """Return R: the speed that falling from this deceleration takes."""
    whole = np.floor(slowing)
    fading: Array = whole * slowing - 0.5 * whole * (whole + 1.0)
    return fading


def _rising_ticks(speed: Array, slowing: Array, most: Array) -> Array:
    """Return in how many whole ticks the deceleration may rise by a whole step."""
    # Rising by k and fading again costs about k x + k^2 + x^2 / 2 of speed.
    guess = 0.5 * (-2.0 * slowing + np.sqrt(2.0 * slowing**2 + 4.0 * speed))
    ticks = np.maximum(np.minimum(np.floor(guess) + 1.0, np.floor(most - slowing)), 0.0)
    for _ in range(3):
        ticks = np.where(_can_rise(speed, slowing, ticks), ticks, np.maximum(ticks - 1.0, 0))
    return ticks


def _holding_ticks(speed: Array, most: Array) -> Array:
    """Return how many ticks brake with the largest deceleration before it has to fade.

    None where it could not rise to there: the speed is too low for that, too.
    """
    ticks: Array = np.maximum(np.floor((speed - _fading_speed(most)) / most), 0.0)
    return ticks


def _fading_way(speed: Array) -> Array:
    """Return the way from `speed` on: `largest_step` first, then one less each tick."""
    first = largest_step(speed)
    speed, slowing = speed - first, first - 1.0
    ticks = np.ceil(slowing)
    # speed after i more ticks: speed - sum of (slowing, slowing - 1, ...)
    pairs = 0.5 * ticks * (ticks + 1.0)
    way: Array = speed + ticks * speed - slowing * pairs + pairs * (ticks + 2.0) / 3.0 - pairs
    return way
