"""How old a reading is when the policy acts on it, without trusting that clocks agree."""

from __future__ import annotations

import math
from dataclasses import replace

from rl_agent.safety.latency import Latency
from rl_agent.spec import RobotSpec
from rl_agent.types import Measurement


class AgeWatch:
    """The profile's observation delay, what the way took longer than usual, and the wait since.

    Drivers stamp by clocks of their own. So the shortest way counts as the profile's delay, which
    is the twin's, and only what differs from it is measured, as the gate does.
    """

    def __init__(self, spec: RobotSpec) -> None:
        # In whole physics steps, as the twin's environment has it.
        steps = math.ceil(spec.twin.observation_delay_ms / 1e3 * spec.twin.physics_hz - 1e-6)
        self._usual_s = steps / spec.twin.physics_hz
        self._latency = Latency()
        self._stamp_s = -math.inf

    def complete(self, reading: Measurement, now_s: float, *, is_at_rest: bool) -> Measurement:
        """Return the reading with its age at `now_s`, steady clock [s]; each one once."""
        if reading.stamp_s < self._stamp_s:  # the driver counts anew
            self._latency.clear()
        self._stamp_s = reading.stamp_s
        late_s = self._latency.delay_s(reading.stamp_s, reading.received_s, is_at_rest=is_at_rest)
        age_s = self._usual_s + late_s + now_s - reading.received_s
        # To the microsecond: what rounding makes of stamps in whole nanoseconds shall not be seen.
        return replace(reading, age_s=round(age_s, 6))
