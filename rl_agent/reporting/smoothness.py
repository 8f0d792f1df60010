"""How smooth commands are, beside minimum-jerk reaches that arrive at the same time.

A minimum-jerk reach is what a human arm does (Flash and Hogan 1985), and the smoothest way from
rest to rest: it speeds up once, slows down once and never turns back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rl_agent.types import Array

DEAD_BAND = 0.03
"""[rad/s] slower counts as standing: a 12-bit servo's step of 1.5 mrad per 50 ms."""
CUTOFF_HZ = 5.0
"""What moves faster than this is seen and heard as shaking."""
REST_S = 0.5
"""The end of a reach's window, in which the arm should stand."""


@dataclass(frozen=True, kw_only=True)
class Smoothness:
    """A run of reaches beside minimum-jerk ones."""

    num_reaches: int
    duration_s: float
    """Sum of the windows [s]."""
    arrival_s: float
    """Median time from the goal to arrival [s]: the duration of the minimum-jerk reaches."""
    sign_changes_per_s: float
    """Per second, all joints together; the turns between one reach and the next included."""
    reference_sign_changes_per_s: float
    energy: float
    """Of the commanded velocity above 5 Hz, mean per reach, all joints together [rad2/s]."""
    reference_energy: float
    tremor: float
    """Root mean square of what the position does above 5 Hz, all joints together [rad]."""
    rest_speed: float
    """Root mean square of the joint speeds in the last half second of the windows [rad/s]."""

    @property
    def sign_change_ratio(self) -> float:
        """Times the minimum-jerk reaches' number."""
        return _ratio(self.sign_changes_per_s, self.reference_sign_changes_per_s)

    @property
    def energy_ratio(self) -> float:
        """Times the minimum-jerk reaches' energy."""
        return _ratio(self.energy, self.reference_energy)


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


def minimum_jerk_like(position: Array, arrival: int) -> Array:
    """Return the minimum-jerk reach (N, J) that starts at once and ends at step `arrival`."""
    steps = min(max(arrival, 1), len(position) - 1)
    after = np.tile(position[-1], (len(position) - 1 - steps, 1))
    return np.concatenate([minimum_jerk(position[0], position[-1], steps), after])


def compare_smoothness(
    reaches: Sequence[Array], arrivals: Sequence[int], period_s: float
) -> Smoothness:
    """Judge reaches, each (N_i, J) command positions of one tick after the other [rad].

    A reach's window goes from one goal to the next, long enough to come to rest in; `arrivals` are
    the steps at which the tool had come to its target.
    """
    ideals = [minimum_jerk_like(*pair) for pair in zip(reaches, arrivals, strict=True)]
    velocities = [np.diff(reach, axis=0) / period_s for reach in reaches]
    references = [np.diff(ideal, axis=0) / period_s for ideal in ideals]
    duration_s = period_s * sum(len(velocity) for velocity in velocities)
    rest = np.concatenate([v[-round(REST_S / period_s) :] for v in velocities])
    tremor = sum(tremor_square(velocity, period_s) for velocity in velocities)
    return Smoothness(
        num_reaches=len(reaches),
        duration_s=duration_s,
        arrival_s=period_s * float(np.median(arrivals)),
        sign_changes_per_s=sign_changes(np.concatenate(velocities)) / duration_s,
        reference_sign_changes_per_s=sign_changes(np.concatenate(references)) / duration_s,
        energy=_mean_energy(velocities, period_s),
        reference_energy=_mean_energy(references, period_s),
        tremor=float(np.sqrt(tremor / duration_s)),
        rest_speed=float(np.sqrt(np.mean(np.sum(rest**2, axis=1)))),
    )


def _mean_energy(velocities: Sequence[Array], period_s: float) -> float:
    return float(np.mean([energy_above(velocity, period_s) for velocity in velocities]))


def _ratio(value: float, reference: float) -> float:
    if reference > 0.0:
        return value / reference
    return 0.0 if value == 0.0 else float("inf")
