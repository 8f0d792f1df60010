"""Is the motion smooth while it is learned? The last minute of live-a, exploration included."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_most, reported
from bench.live_runs import LiveRun, last_part

from rl_agent.reporting.from_recording import smoothness_of
from rl_agent.reporting.recording import read_recording
from sim.kinematics import MujocoKinematics

RATIO = 2.0
LAST_S = 60.0


def measure(context: Context) -> Iterator[Figure]:
    """Yield turns and shaking of each seed beside minimum-jerk reaches of the same way."""
    for seed in context.live_seeds:
        yield from smoothness_figures(context, context.live(seed), seed)


def smoothness_figures(context: Context, run: LiveRun, seed: int) -> Iterator[Figure]:
    """Yield one run's figures."""
    spec = context.spec
    recording = last_part(read_recording(run.recording, spec), LAST_S)
    found = smoothness_of(spec, recording, MujocoKinematics(spec).commanded_tool_position)
    if found is None:
        raise ValueError(f"seed {seed}: no whole reach in the last {LAST_S:g} s")
    turns = (
        f"{found.sign_changes_per_s:.2f} against {found.reference_sign_changes_per_s:.2f} per"
        f" second; {found.num_reaches} reaches of the last {LAST_S:g} s{context.quick_words()}"
    )
    energy = (
        f"{found.energy:.5f} against {found.reference_energy:.5f} rad2/s per reach above 5 Hz;"
        f" median arrival {found.arrival_s:.2f} s"
    )
    yield at_most(f"live-k.sign_changes_{seed}", found.sign_change_ratio, RATIO, "x", turns)
    yield at_most(f"live-k.energy_{seed}", found.energy_ratio, RATIO, "x", energy)
    tremor = "root mean square of the commanded positions above 5 Hz, all joints"
    yield reported(f"live-k.tremor_{seed}", 1e3 * found.tremor, "mrad", tremor)
