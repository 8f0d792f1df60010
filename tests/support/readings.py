"""joint_states of a made-up driver of the planar arm, for preflight's tests."""

import numpy as np

from rl_agent.commissioning.reading import Reading

NAMES = ("a", "b")


def make_readings(
    count=200,
    *,
    names=NAMES,
    position=(0.5, 1.0),
    slope=(0.0, 0.0),
    velocity=None,
    effort=(),
    hz=200.0,
    arrivals=None,
    stamps=None,
):
    """Readings at `hz` whose positions rise by `slope` per second; velocity defaults to slope."""
    times = np.arange(count) / hz
    stamps = 10.0 + times if stamps is None else stamps
    arrivals = 5.0 + times if arrivals is None else arrivals
    velocity = slope if velocity is None else velocity
    return [
        Reading(
            names=tuple(names),
            position=tuple(p + s * t for p, s in zip(position, slope, strict=True)),
            velocity=tuple(velocity),
            effort=tuple(effort),
            stamp_s=float(stamp),
            received_s=float(arrival),
        )
        for t, stamp, arrival in zip(times, stamps, arrivals, strict=True)
    ]
