"""What the gate believes of the robot: the newest measurement that was new, whole and plausible."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rl_agent.safety.latency import Latency
from rl_agent.safety.plausibility import Plausibility
from rl_agent.safety.watchdog import StampLog, Watchdog
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Measurement

# No joint is ever there or that fast [rad, m, rad/s, m/s]: larger numbers mean that the sender is
# broken, and their squares could overflow.
LARGEST = 1e6


class MeasurementIntake:
    """Takes measurements in; only those that it takes keep the watchdog quiet."""

    def __init__(self, spec: RobotSpec) -> None:
        self._num_joints = len(spec.joints)
        self.watchdog = Watchdog(spec.observation_timeout_s, spec.watchdog.silence_ms / 1e3)
        # Proposals may stem from observations up to W + S old.
        self.stamps = StampLog(2.0 * (spec.proposal_timeout_s + spec.observation_timeout_s))
        self.newest: Measurement | None = None
        self.doubt = ""
        """Why the last reading was not believed; empty if it was."""
        self._plausibility = Plausibility(spec)
        self._latency = Latency()
        self._seen_s = -math.inf

    def take(self, measurement: Measurement, now_s: float, *, may_restart: bool) -> str:
        """Take a measurement in, or return what is wrong with it, as the name of a counter.

        Args:
            measurement: From the robot, `received_s` on the steady clock.
            now_s: Steady clock [s].
            may_restart: Whether an older stamp may begin a new count (the driver was restarted),
                and the robot may be anywhere; otherwise such a reading is not believed.
        """
        taken = self._read(measurement, now_s)
        if isinstance(taken, str):
            return taken
        # Of what was not believed too: it came after all that was.
        is_restart = may_restart and taken.stamp_s < self._seen_s
        if taken.stamp_s <= self._seen_s and not is_restart:
            return "measurements_not_newer"
        gap_s, self._seen_s = taken.stamp_s - self._seen_s, taken.stamp_s
        self.doubt = ""
        if self.newest is not None and not may_restart:
            self.doubt = self._plausibility.problem(taken, self.newest, gap_s)
        if self.doubt:
            return "measurements_implausible"
        if is_restart:
            self.stamps.clear()
            self._latency.clear()
        received_s = self._true_receipt(taken, is_at_rest=may_restart)
        self.stamps.add(taken.stamp_s, received_s)
        self.watchdog.feed(received_s)
        self.newest = taken
        return "measurement_restarts" if is_restart else ""

    def _read(self, measurement: Measurement, now_s: float) -> Measurement | str:
        """Return an own copy that is whole and finite, or what is wrong."""
        position = as_vector(measurement.position, self._num_joints)
        velocity = as_vector(measurement.velocity, self._num_joints)
        if position is None or velocity is None:
            return "measurements_of_wrong_size"
        # Nothing arrives in the future: such a time would keep the watchdog quiet for ever.
        received_s = min(float(measurement.received_s), now_s)
        stamp_s = float(measurement.stamp_s)
        is_usable = is_plausible(position) and is_plausible(velocity)
        if not (is_usable and math.isfinite(stamp_s + received_s)):
            return "measurements_not_finite"
        effort = as_vector(measurement.effort, self._num_joints)
        if effort is not None and not is_plausible(effort):
            effort = None
        return Measurement(stamp_s, position, velocity, received_s, effort)

    def _true_receipt(self, taken: Measurement, *, is_at_rest: bool) -> float:
        """Return when a reading should have been received, had it come the usual way.

        Jitter up to S is no delay, or one busy moment would count twice.
        """
        delay_s = self._latency.delay_s(taken.stamp_s, taken.received_s, is_at_rest=is_at_rest)
        return taken.received_s - max(delay_s - self.watchdog.timeout_s, 0.0)

    def get_state(self) -> dict[str, Any]:
        """Return everything that later judgements depend on."""
        newest = self.newest
        return {
            "received_s": self.watchdog.received_s if self.watchdog.is_fed else None,
            "stamps": self.stamps.get_state(),
            "doubt": self.doubt,
            "seen_s": None if math.isinf(self._seen_s) else self._seen_s,
            "latency": self._latency.get_state(),
            "newest": None
            if newest is None
            else {
                "stamp_s": newest.stamp_s,
                "received_s": newest.received_s,
                "position": newest.position.copy(),
                "velocity": newest.velocity.copy(),
                "effort": None if newest.effort is None else newest.effort.copy(),
            },
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self.watchdog.clear()
        if state["received_s"] is not None:
            self.watchdog.feed(float(state["received_s"]))
        self.stamps.set_state(state["stamps"])
        self.doubt = str(state["doubt"])
        self._seen_s = -math.inf if state["seen_s"] is None else float(state["seen_s"])
        self._latency.set_state(state["latency"])
        newest = state["newest"]
        self.newest = newest and Measurement(
            stamp_s=float(newest["stamp_s"]),
            position=np.array(newest["position"], dtype=np.float64),
            velocity=np.array(newest["velocity"], dtype=np.float64),
            received_s=float(newest["received_s"]),
            effort=None if newest["effort"] is None else np.array(newest["effort"], np.float64),
        )


def is_plausible(vector: Array) -> bool:
    """Tell whether all numbers are finite and not beyond any sense."""
    return bool((np.abs(vector) <= LARGEST).all())


def as_vector(values: object, size: int) -> Array | None:
    """Return an own float64 copy (size,) of `values`; None if they are no such vector."""
    try:
        vector = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return vector if vector.shape == (size,) else None
