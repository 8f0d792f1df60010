"""The FR3's speeds are nowhere above what the arm's own controller accepts."""

import numpy as np

from rl_agent.robots.profile import load_robot
from rl_agent.safety.limit import LimitState
from rl_agent.safety.velocity_limit import VelocityLimit

# libfranka, rate_limiting.h: per joint the fastest, offset, slope, lower root and upper root.
FRANKA = np.array(
    [
        [2.62, 0.30, 12.0, -2.7501, 2.7501],
        [2.62, 0.20, 5.17, -1.7918, 1.7918],
        [2.62, 0.20, 7.00, -2.9065, 2.9065],
        [2.62, 0.30, 8.00, -3.0481, -0.1458],
        [5.26, 0.35, 34.0, -2.8101, 2.8101],
        [4.18, 0.35, 11.0, 0.54092, 4.5205],
        [5.26, 0.35, 34.0, -3.0196, 3.0196],
    ]
).T


def test_no_speed_is_above_frankas():
    spec = load_robot("fr3")
    limit = VelocityLimit(spec, spec.gate_period_s)
    fastest, offset, slope, lower, upper = FRANKA
    zeros, num_bound = np.zeros(7), 0
    for share in np.linspace(0.0, 1.0, 501):
        position = lower + share * (upper - lower)
        up = np.clip(np.sqrt(np.maximum(slope * (upper - position), 0.0)) - offset, 0.0, fastest)
        down = np.clip(np.sqrt(np.maximum(slope * (position - lower), 0.0)) - offset, 0.0, fastest)
        found = limit.interval(LimitState(position, zeros, zeros))
        assert (found.upper <= up + 1e-12).all()
        assert (found.lower >= -down - 1e-12).all()
        num_bound += int((found.upper < [joint.max_velocity for joint in spec.joints]).sum())
    assert num_bound > 100
