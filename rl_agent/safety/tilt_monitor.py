"""Fall: the body's vertical leans further than it ever should."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.safety.signals import ImuReading
from rl_agent.safety.watchdog import Watchdog
from rl_agent.types import Measurement, Reason

TIMEOUT_S = 0.1
"""Age of the newest orientation at which the gate holds: ten readings of a usual IMU."""


class TiltMonitor(Monitor):
    """The angle between the body's and the world's vertical stays below max_tilt_rad.

    Up to a quarter turn neither roll nor pitch exceeds this angle, and yaw does not matter.
    """

    def __init__(self, max_tilt_rad: float) -> None:
        self._most_rad = max_tilt_rad
        self._watchdog = Watchdog(TIMEOUT_S, TIMEOUT_S)
        self._tilt_rad = 0.0

    def hear(self, signal: object) -> None:
        """Take an orientation in; one that is no rotation does not count as heard."""
        if not isinstance(signal, ImuReading):
            return
        quat = np.asarray(signal.quat_wxyz, dtype=np.float64)
        # REP 145: drivers without an orientation send zeros. What is no number fails here too.
        if quat.shape != (4,) or not 0.5 < float(quat @ quat) < 2.0:
            return
        w, x, y, z = quat.tolist()
        self._tilt_rad = 2.0 * math.atan2(math.hypot(x, y), math.hypot(w, z))
        self._watchdog.feed(signal.received_s)

    def check(self, view: View) -> Finding | None:
        """Compare the newest tilt."""
        if self._tilt_rad > self._most_rad:
            return Finding(Reason.FALL, self._words(), is_final=True)
        if self._watchdog.is_stale(view.now_s):
            return Finding(Reason.STALE_OBSERVATION, "no new orientation from imu")
        return None

    def obstacle(self, now_s: float, measurement: Measurement) -> str:
        """Return why the gate may not be armed."""
        del measurement
        if self._watchdog.is_stale(now_s):
            return "no orientation arrives on imu; start its driver"
        return f"{self._words()}; put it upright" if self._tilt_rad > self._most_rad else ""

    def _words(self) -> str:
        tilt_deg = math.degrees(self._tilt_rad)
        words = f"the robot leans by {self._tilt_rad:.3f} rad ({tilt_deg:.0f} degrees)"
        return f"{words}, more than the {self._most_rad:g} allowed"

    def get_state(self) -> dict[str, Any]:
        """Return the newest tilt and when it was received."""
        heard_s = self._watchdog.received_s if self._watchdog.is_fed else None
        return {"tilt_rad": self._tilt_rad, "received_s": heard_s}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._tilt_rad = float(state["tilt_rad"])
        self._watchdog.clear()
        if state["received_s"] is not None:
            self._watchdog.feed(float(state["received_s"]))
