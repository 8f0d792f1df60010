"""How fast a distance may shrink so that it can still be kept: the barrier law of all distances.

A distance h with gradient g keeps room to brake where -g v' <= a(-T + sqrt(T^2 + 2h/a)). It is
PositionLimit's law, with the deceleration a that the joints' limits allow along the gradient:
a = share * sum |g_i| a_i. The rest of the joints' deceleration is for the gradient's own change.
(A discrete control barrier function for a double integrator, see Ames et al., "Control Barrier
Functions: Theory and Applications", ECC 2019, arXiv:1903.11199.)
"""

from __future__ import annotations

import numpy as np

from rl_agent.safety.coupled_limit import Rows
from rl_agent.spec import RobotSpec
from rl_agent.types import Array

SHARE = 0.5
# Rows keep this much more than the predictive check asks for [m]: sliding along a border by its
# tangent loses some hundredths of a millimetre per tick, and must not end where nothing is allowed.
BAND_M = 0.002
# A gradient that no joint can follow would divide by zero [m/s2].
LEAST = 1e-6


class ApproachSpeed:
    """The largest speed towards zero of distances, per command joint's deceleration."""

    def __init__(self, spec: RobotSpec, dt: float) -> None:
        self._deceleration = SHARE * np.array([j.max_acceleration for j in spec.command_joints])
        self._dt = dt

    def limit(self, distance: Array, gradient: Array) -> Array:
        """Return (m,) [m/s] how fast each distance may shrink in the next tick.

        Args:
            distance: (m,) h [m]; a negative one must not shrink at all.
            gradient: (m, num_commands) dh/dq [m/rad or m/m].
        """
        slowing = np.maximum(np.abs(gradient).dot(self._deceleration), LEAST)
        room = np.maximum(distance, 0.0) * (2.0 / slowing)
        speed: Array = (np.sqrt(room + self._dt * self._dt) - self._dt) * slowing
        return speed

    def rows(self, distance: Array, gradient: Array) -> Rows:
        """Return the rows that keep (m,) distances [m] with gradients (m, num_commands)."""
        return Rows(-gradient, self.limit(distance, gradient), distance)
