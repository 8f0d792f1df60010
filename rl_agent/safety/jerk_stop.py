"""How far a joint still goes if it stops by its jerk limit, by ticks: in closed form.

One tick: a' within a +- J T, v' = v + a' T, p' = p + v' T. A braking joint (deceleration x = -a)
lets its deceleration rise by J T per tick as long as it can still let it fall by J T per tick until
it stands: x T + R(x) <= v, where R(x) = T (x - J T) + T (x - 2 J T) + ... is the speed that falling
takes. Everything is in units of T and J: speeds in J T^2, accelerations in J T, ways in J T^3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import Array

ROUNDING = 1e-9


def largest_step(speed: Array) -> Array:
    """Return the largest x with x + R(x) <= speed: acceleration that can still fade out.

    With n whole steps below x: x + n x - n (n + 1) / 2 = speed.
    """
    speed = np.maximum(speed, 0.0)
    whole = np.floor(0.5 * (np.sqrt(1.0 + 8.0 * speed) - 1.0) + ROUNDING)
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
    ticks = np.maximum(np.floor(-slowing + ROUNDING), 0.0)
    way = _ramped_way(speed, slowing, ticks)
    speed, slowing = _ramped(speed, slowing, ticks)
    crossing = np.minimum(np.minimum(most, largest_step(speed)), slowing + 1.0)
    is_crossing = slowing < 0.0
    speed = np.where(is_crossing, speed - crossing, speed)
    way = np.where(is_crossing, way + speed, way)
    slowing = np.where(is_crossing, crossing, slowing)
    is_coming = speed > 0.0
    speed = np.maximum(speed, 0.0)
    # Who brakes harder than can fade out in time turns round; the way is no longer than this.
    slowing = np.clip(slowing, 0.0, np.minimum(largest_step(speed) + 1.0, most))
    rising = _rising_ticks(speed, slowing, most)
    way = way + _ramped_way(speed, slowing, rising)
    speed, slowing = _ramped(speed, slowing, rising)
    holding = _holding_ticks(speed, slowing, most)
    way = way + holding * speed - most * holding * (holding + 1.0) / 2.0
    speed = np.maximum(speed - most * holding, 0.0)
    # One that the crossing itself brought to rest, or nearly, has its way behind it.
    total: Array = np.where(is_coming, way + _fading_way(speed, most), np.maximum(way, 0.0))
    return total


def _ramped(speed: Array, slowing: Array, ticks: Array) -> tuple[Array, Array]:
    """Return speed and deceleration after `ticks` ticks in which the deceleration rises by one."""
    return speed - ticks * slowing - 0.5 * ticks * (ticks + 1.0), slowing + ticks


def _ramped_way(speed: Array, slowing: Array, ticks: Array) -> Array:
    """Return the way of these ticks: the sum of the speeds after each."""
    pairs = 0.5 * ticks * (ticks + 1.0)
    way: Array = ticks * speed - slowing * pairs - pairs * (ticks + 2.0) / 3.0
    return way


def _can_rise(speed: Array, slowing: Array, ticks: Array, most: Array) -> NDArray[np.bool_]:
    """Tell whether the deceleration may rise in all of `ticks` ticks."""
    after, reached = _ramped(speed, slowing, ticks)
    whole = np.floor(reached + ROUNDING)
    fading = whole * reached - 0.5 * whole * (whole + 1.0)
    possible: NDArray[np.bool_] = (after >= fading - ROUNDING) & (reached <= most + ROUNDING)
    return possible


def _rising_ticks(speed: Array, slowing: Array, most: Array) -> Array:
    """Return in how many whole ticks the deceleration may rise by a whole step."""
    # Rising by k and fading again costs about k x + k^2 + x^2 / 2 of speed.
    guess = 0.5 * (-2.0 * slowing + np.sqrt(np.maximum(2.0 * slowing**2 + 4.0 * speed, 0.0)))
    ticks = np.clip(np.floor(guess) + 1.0, 0.0, np.maximum(np.floor(most - slowing + ROUNDING), 0))
    for _ in range(3):
        ticks = np.where(_can_rise(speed, slowing, ticks, most), ticks, np.maximum(ticks - 1.0, 0))
    return ticks


def _holding_ticks(speed: Array, slowing: Array, most: Array) -> Array:
    """Return how many ticks brake with the largest deceleration before it has to fade."""
    whole = np.floor(most + ROUNDING)
    fading = whole * most - 0.5 * whole * (whole + 1.0)
    # Only from within one step of it; a slower joint goes over to fading at once.
    is_near = slowing >= most - 1.0 - ROUNDING
    ticks = np.floor((speed - fading) / most + ROUNDING)
    return np.where(is_near, np.maximum(ticks, 0.0), 0.0)


def _fading_way(speed: Array, most: Array) -> Array:
    """Return the way from `speed` on: `largest_step` first, then one less each tick."""
    first = np.minimum(largest_step(speed), most)
    speed = np.maximum(speed - first, 0.0)
    slowing = np.maximum(first - 1.0, 0.0)
    ticks = np.ceil(slowing - ROUNDING)
    # speed after i more ticks: speed - sum of (slowing, slowing - 1, ...)
    pairs = 0.5 * ticks * (ticks + 1.0)
    way = ticks * speed - slowing * pairs + pairs * (ticks + 2.0) / 3.0 - pairs
    result: Array = speed + np.maximum(way, 0.0)
    return result
