"""Mutants that are no mistakes: they compute the same, or what only rounding can tell apart."""

from __future__ import annotations

_SAFETY = "rl_agent/safety/"
_END = "at a segment's end the cubic and the straight line meet, in position and slope"

EQUIVALENT: dict[str, str] = {
    f"{_SAFETY}velocity_limit.py:VelocityLimit._scaled: state.speed_scale >= 1.0"
    " -> (state.speed_scale >= 1.0) & False": "a short cut: what follows computes the same",
    f"{_SAFETY}interpolator.py:Interpolator.advance: 1.0 - 1e-09 -> 1.0 + 1e-09": _END,
    f"{_SAFETY}interpolator.py:Interpolator.advance: 1e-09 -> -1e-09": _END,
    f"{_SAFETY}interpolator.py:Interpolator.set_state: name not in ('period_s', 'num_ticks')"
    " -> (name not in ('period_s', 'num_ticks')) | True": "an array of each that nothing reads",
    f"{_SAFETY}velocity_limit.py:VelocityLimit.__init__: joint.velocity_curve is not None"
    " -> (joint.velocity_curve is not None) | True": "a short cut: NO_CURVE allows every speed",
    f"{_SAFETY}jerk_limit.py:JerkLimit._narrow: np.maximum(count - 1, 0) -> count - 1": "where"
    " nothing is allowed the first round turns the range round, and the second turns it back",
    f"{_SAFETY}barrier.py:Barrier._solve: len(self._open) != len(most)"
    " -> (len(self._open) != len(most)) | True": "a short cut: it makes the same arrays again",
    f"{_SAFETY}measurement_intake.py:MeasurementIntake._read: stamp_s + received_s"
    " -> stamp_s - received_s": "either is finite just where both times are",
    f"{_SAFETY}watchdog.py:StampLog.add: 1 -> -1": "an entry has two parts: the second is the last",
    f"{_SAFETY}frozen_monitor.py:FrozenMonitor._add: last is None -> (last is None) & False": (
        "no position equals None: it clears the sums, which are clear before the first reading"
    ),
    f"{_SAFETY}gate.py:Gate._run_tick: entry is not None -> (entry is not None) | True": (
        "without a proposal to follow the look around before leaves no gate armed"
    ),
    f"{_SAFETY}gate.py:Gate._anchor: newest is None -> (newest is None) & False": (
        "without a measurement its watchdog was never fed, and that is stale"
    ),
}
"""Name of the mutant, as `bench.mutation` gives it -> why no test can notice it."""
