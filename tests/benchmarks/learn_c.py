"""REDQ and DroQ at 20 updates per step, beside sbx's (JAX): critic updates per CPU-second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.context import Context
from bench.figure import Figure, at_least, reported
from bench.peers import sbx
from bench.update_rates import experience, has_bf16, in_turns, ours

from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.learning.training import prepare_torch

UTD = 20
BARS = {
    ("redq", "float32"): 1.0,
    ("redq", "bfloat16"): 1.5,
    ("droq", "float32"): None,
    ("droq", "bfloat16"): 1.1,
}
OURS: dict[str, dict[str, Any]] = {
    "redq": {"num_qs": 10, "num_min_qs": 2},
    "droq": {"use_layer_norm": True, "dropout_rate": 0.01, "actor_q": "mean"},
}
PEERS: dict[str, dict[str, Any]] = {
    # sbx takes the least of all critics where REDQ draws two, and where actors climb the mean; the
    # work is the same but for that.
    "redq": {"n_critics": 10},
    "droq": {"layer_norm": True, "dropout_rate": 0.01},
}


def measure(context: Context) -> Iterator[Figure]:
    """Yield our rates over the peer's; an actor update follows 20 of the critics."""
    prepare_torch(1)
    rows, seed = experience(context.seed), context.seed
    precisions = ["float32", "bfloat16"] if has_bf16() else ["float32"]
    for name in OURS:
        context.say(f"building {name} …")
        peer = sbx(rows, seed, scan=UTD, policy_delay=UTD, **PEERS[name])
        updates = {"sbx": peer} | {
            precision: ours("sac", _config(name, precision), rows, seed) for precision in precisions
        }
        rates = in_turns(updates, context.repeats(11, 3), context.repeats(3 * UTD, UTD))
        detail = f"critic updates per CPU-second: {rates}{context.quick_words()}"
        for precision in precisions:
            row, bar = f"learn-c.{name}-{precision}", BARS[name, precision]
            ratio = rates.ratio(precision, "sbx")
            yield (
                reported(row, ratio, "", detail)
                if bar is None
                else at_least(row, ratio, bar, "", detail)
            )


def _config(name: str, precision: str) -> SacConfig:
    return SacConfig(
        normalize_obs=False,
        compile="on",
        precision=precision,  # type: ignore[arg-type]
        utd_ratio=UTD,
        policy_delay=UTD,
        **OURS[name],
    )
