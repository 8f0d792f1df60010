"""Whether an operator's wish is granted: arm and reset, refused with the reason in words."""

from __future__ import annotations

from rl_agent.safety import preflight
from rl_agent.safety.measurement_intake import MeasurementIntake
from rl_agent.safety.supervision import Supervision
from rl_agent.spec import RobotSpec
from rl_agent.types import Measurement


class Permission:
    """Asks the newest measurement, the profile and the monitors; changes nothing."""

    def __init__(
        self, spec: RobotSpec, measurements: MeasurementIntake, supervision: Supervision
    ) -> None:
        self._spec = spec
        self._measurements = measurements
        self._supervision = supervision

    def to_arm(self, now_s: float, stopped: str) -> tuple[Measurement | None, str]:
        """Return the pose to begin at, or None and why not; `stopped` says what stops the gate."""
        obstacle = stopped or preflight.controller_obstacle(self._spec)
        measurement, problem = self._fresh(now_s)
        if measurement is None:
            return None, obstacle or problem
        obstacle = (
            obstacle
            or preflight.motion_obstacle(self._spec, measurement)
            or preflight.range_obstacle(self._spec, measurement)
            or self._supervision.obstacle(now_s, measurement)
        )
        return (None, obstacle) if obstacle else (measurement, "")

    def to_reset(self, now_s: float) -> str:
        """Return why the latch may not be cleared; empty if it may."""
        measurement, problem = self._fresh(now_s)
        if measurement is None:
            return problem
        return preflight.motion_obstacle(self._spec, measurement) or ""

    def _fresh(self, now_s: float) -> tuple[Measurement | None, str]:
        watchdog, newest = self._measurements.watchdog, self._measurements.newest
        problem = preflight.data_obstacle(newest, watchdog.age_s(now_s), watchdog.timeout_s)
        return (None, problem) if problem else (newest, "")
