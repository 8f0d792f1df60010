"""Is the motion smooth? Commands over ROS 2 beside minimum-jerk reaches of the same way."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_most, reported

from rl_agent.reporting.from_recording import smoothness_of
from rl_agent.reporting.smoothness import Smoothness
from sim.kinematics import MujocoKinematics

RATIO = 2.0
WINDOW_S = 2.5
DELAY_MS = 20.0


def measure(context: Context) -> Iterator[Figure]:
    """Yield turns and shaking of the policy, and the classical controller's beside them."""
    delay_ms = context.spec.twin.actuator_delay_ms
    if delay_ms < DELAY_MS:
        raise ValueError(f"the twin's actuator delay is {delay_ms:g} ms, expected {DELAY_MS:g} ms")
    count = context.repeats(40, 12)
    tool_of = MujocoKinematics(context.spec).commanded_tool_position
    for controller in ("policy", "dls"):
        run = context.reaches(controller, count, window_s=WINDOW_S)
        found = smoothness_of(run.spec, run.recording, tool_of)
        if found is None:
            raise ValueError(f"{controller}: no whole reach was recorded")
        yield from _figures(controller, found, f"{delay_ms:g} ms actuator delay", context)


def _figures(controller: str, found: Smoothness, delay: str, context: Context) -> Iterator[Figure]:
    turns = (
        f"{found.sign_changes_per_s:.2f} against {found.reference_sign_changes_per_s:.2f} per"
        f" second, all joints, slower than 0.03 rad/s is standing; {found.num_reaches} reaches,"
        f" {delay}{context.quick_words()}"
    )
    energy = (
        f"{found.energy:.5f} against {found.reference_energy:.5f} rad2/s per reach above 5 Hz;"
        f" the minimum-jerk reaches arrive as fast: median {found.arrival_s:.2f} s"
    )
    if controller == "policy":
        yield at_most("path-k.sign_changes", found.sign_change_ratio, RATIO, "x", turns)
        yield at_most("path-k.energy", found.energy_ratio, RATIO, "x", energy)
    else:
        yield reported("path-k.dls_sign_changes", found.sign_change_ratio, "x", turns)
        yield reported("path-k.dls_energy", found.energy_ratio, "x", energy)
    tremor = "root mean square of the commanded positions above 5 Hz, all joints"
    yield reported(f"path-k.{controller}_tremor", 1e3 * found.tremor, "mrad", tremor)
    rest = "root mean square of the commanded joint speed in the last half second of each window"
    yield reported(f"path-k.{controller}_rest_speed", found.rest_speed, "rad/s", rest)
