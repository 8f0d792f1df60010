"""How smooth commands are, beside minimum-jerk reaches between the same poses in the same time.

A minimum-jerk reach is what a human arm does (Flash and Hogan 1985), and the smoothest way from
rest to rest: it speeds up once, slows down once and never turns back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rl_agent.types import Array

SERVO_STEP = 2.0 * np.pi / 4096.0
"""[rad] what a 12-bit servo can be told, and measures: 1.5 mrad."""
DEAD_BAND = 0.03
"""[rad/s] slower counts as standing: one servo step per 50 ms."""
CUTOFF_HZ = 5.0
"""What moves faster than this is seen and heard as shaking."""
ONSET_SHARE = 0.05
"""A reach begins and ends where the joint speed passes this share of its peak."""
REST_S = 0.5
"""The end of a reach's window, in which the arm should stand."""


@dataclass(frozen=True, kw_only=True)
class Smoothness:
    """A run of reaches beside minimum-jerk ones."""

    num_reaches: int
    duration_s: float
    """Sum of the windows [s]."""
    moving_s: float
    """Median time in motion per reach [s], from 5 % of the peak speed to 5 %."""
    sign_changes_per_s: float
    """Per second, all joints together; the turns between one reach and the next included."""
    reference_sign_changes_per_s: float
    energy: float
    """Of the velocity above 5 Hz, mean per reach, all joints together [rad2/s], of the commands as
    the servos get them: in whole steps. A finer command than that cannot be told to them."""
    reference_energy: float
    exact_energy: float
    """The same of the commands before they are rounded to whole steps."""
    exact_reference_energy: float
    tremor: float
    """Root mean square of what the exact position does above 5 Hz, all joints together [rad]."""
    rest_speed: float
    """Root mean square of the joint speeds in the last half second of the windows [rad/s]."""

    @property
    def sign_change_ratio(self) -> float:
        """Times the minimum-jerk reaches' number."""
        return _ratio(self.sign_changes_per_s, self.reference_sign_changes_per_s)

    @property
    def energy_ratio(self) -> float:
        """Times the minimum-jerk reaches' energy, both in whole servo steps."""
        return _ratio(self.energy, self.reference_energy)

    @property
    def exact_energy_ratio(self) -> float:
        """Times the minimum-jerk reaches' energy, both exact."""
        return _ratio(self.exact_energy, self.exact_reference_energy)


def sign_changes(velocity: Array, dead_band: float = DEAD_BAND) -> int:
    """Count, over all columns of (N, J), how often a joint turns back; standing is no turn."""
    count = 0
    for column in velocity.T:
        moving = np.sign(column[np.abs(column) > dead_band])
        count += int(np.count_nonzero(np.diff(moving)))
    return count


def energy_above(velocity: Array, period_s: float, cutoff_hz: float = CUTOFF_HZ) -> float:
    """Return sum over joints of the integral of |V(f)|^2 over |f| > cutoff [rad2/s].

    V is the Fourier transform of the velocity (N, J). No window: a reach starts and ends at rest.
    Over all f the integral is sum(v^2) dt (Parseval).
    """
    power, frequency = _spectrum(velocity, period_s)
    return float(power[np.abs(frequency) > cutoff_hz].sum())


def tremor_square(velocity: Array, period_s: float, cutoff_hz: float = CUTOFF_HZ) -> float:
    """Return the integral over time of the squared position above the cutoff [rad2 s]."""
    power, frequency = _spectrum(velocity, period_s)
    is_above = np.abs(frequency) > cutoff_hz
    return float(np.sum(power[is_above] / (2.0 * np.pi * frequency[is_above]) ** 2))


def _spectrum(velocity: Array, period_s: float) -> tuple[Array, Array]:
    """Return power (N,), summed over joints, whose sum is sum(v^2) dt, and frequencies [Hz]."""
    size = len(velocity)
    power = np.sum(np.abs(np.fft.fft(velocity, axis=0)) ** 2, axis=1) * period_s / size
    return power, np.asarray(np.fft.fftfreq(size, period_s), dtype=np.float64)


def minimum_jerk(start: Array, end: Array, num_steps: int) -> Array:
    """Return positions (num_steps + 1, J) of q0 + (q1 - q0)(10 s^3 - 15 s^4 + 6 s^5)."""
    s = np.linspace(0.0, 1.0, num_steps + 1)[:, None]
    return np.asarray(start + (end - start) * (10.0 * s**3 - 15.0 * s**4 + 6.0 * s**5))


def moving_steps(velocity: Array) -> tuple[int, int]:
    """Return the half-open range of steps in motion: speed above 5 % of its peak, (N, J)."""
    speed = np.linalg.norm(velocity, axis=1)
    above = np.flatnonzero(speed > max(ONSET_SHARE * speed.max(), 1e-12))
    return (int(above[0]), int(above[-1]) + 1) if len(above) else (0, 0)


def minimum_jerk_like(position: Array, period_s: float) -> Array:
    """Return the minimum-jerk reach (N, J) that starts, moves and ends when and where this did."""
    first, last = moving_steps(np.diff(position, axis=0) / period_s)
    start, end = position[0], position[-1]
    before = np.tile(start, (first, 1))
    after = np.tile(end, (len(position) - 1 - last, 1))
    return np.concatenate([before, minimum_jerk(start, end, last - first), after])


def compare_smoothness(reaches: Sequence[Array], period_s: float) -> Smoothness:
    """Judge reaches, each (N_i, J) command positions of one tick after the other [rad].

    A reach's window goes from one goal to the next, long enough to come to rest in.
    """
    ideals = [minimum_jerk_like(reach, period_s) for reach in reaches]
    velocities = [np.diff(reach, axis=0) / period_s for reach in reaches]
    references = [np.diff(ideal, axis=0) / period_s for ideal in ideals]
    duration_s = period_s * sum(len(velocity) for velocity in velocities)
    spans = [np.subtract(*moving_steps(velocity)[::-1]) * period_s for velocity in velocities]
    rest = np.concatenate([v[-round(REST_S / period_s) :] for v in velocities])
    tremor = sum(tremor_square(velocity, period_s) for velocity in velocities)
    return Smoothness(
        num_reaches=len(reaches),
        duration_s=duration_s,
        moving_s=float(np.median(spans)),
        sign_changes_per_s=sign_changes(np.concatenate(velocities)) / duration_s,
        reference_sign_changes_per_s=sign_changes(np.concatenate(references)) / duration_s,
        energy=_mean_energy([np.diff(in_steps(r), axis=0) / period_s for r in reaches], period_s),
        reference_energy=_mean_energy(
            [np.diff(in_steps(ideal), axis=0) / period_s for ideal in ideals], period_s
        ),
        exact_energy=_mean_energy(velocities, period_s),
        exact_reference_energy=_mean_energy(references, period_s),
        tremor=float(np.sqrt(tremor / duration_s)),
        rest_speed=float(np.sqrt(np.mean(np.sum(rest**2, axis=1)))),
    )


def in_steps(position: Array) -> Array:
    """Round positions to what a servo can be told."""
    return np.asarray(np.round(position / SERVO_STEP) * SERVO_STEP)


def _mean_energy(velocities: Sequence[Array], period_s: float) -> float:
    return float(np.mean([energy_above(velocity, period_s) for velocity in velocities]))


def _ratio(value: float, reference: float) -> float:
    if reference > 0.0:
        return value / reference
    return 0.0 if value == 0.0 else float("inf")
