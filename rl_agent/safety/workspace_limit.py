"""The tool stays in, and out of, the profile's zones, with room to brake."""

from __future__ import annotations

from rl_agent.kinematics import Kinematics
from rl_agent.safety.approach_speed import BAND_M, ApproachSpeed
from rl_agent.safety.coupled_limit import CoupledLimit, Rows
from rl_agent.safety.limit import LimitState
from rl_agent.safety.zones import Zones
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Reason


class WorkspaceLimit(CoupledLimit):
    """Allow n J v' >= -(speed at which h can still be kept), per zone."""

    reason = Reason.WORKSPACE

    def __init__(self, spec: RobotSpec, dt: float, kinematics: Kinematics) -> None:
        self._kinematics = kinematics
        self._zones = Zones(spec.safety.zones, spec.safety.zone_margin_m + BAND_M)
        self._speed = ApproachSpeed(spec, dt)
        self._commanded = spec.command_selection
        self._position = spec.home.copy()

    def rows(self, state: LimitState) -> Rows:
        """Return one row per zone (six for a box to stay in)."""
        tool, jacobian = self._tool(state.position)
        distance, normals = self._zones.distances_and_normals(tool)
        gradient = normals.dot(jacobian)
        return self._speed.rows(distance, gradient)

    def _tool(self, command: Array) -> tuple[Array, Array]:
        # Passive joints carry no tool; they are taken to be at home.
        self._position[self._commanded] = command
        tool, jacobian = self._kinematics.tool_motion(self._position)
        return tool, jacobian[:, self._commanded]
