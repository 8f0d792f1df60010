"""How many SAC updates does a CPU-second hold, beside sbx's (JAX)? One thread each."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_least, reported
from bench.peers import sbx
from bench.update_rates import experience, has_bf16, in_turns, ours

from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.learning.training import prepare_torch

FP32, BF16, BF16_SCAN = 1.05, 1.5, 1.25
ROUNDS, EACH, SCAN = 15, 200, 20


def measure(context: Context) -> Iterator[Figure]:
    """Yield our rates over the peer's, update by update and 20 in one program."""
    prepare_torch(1)
    rows, seed = experience(context.seed), context.seed
    updates = {
        "sbx": sbx(rows, seed),
        "sbx, scan of 20": sbx(rows, seed, scan=SCAN),
        "float32": ours("sac", _config("float32"), rows, seed),
    }
    if has_bf16():
        updates["bfloat16"] = ours("sac", _config("bfloat16"), rows, seed)
    rates = in_turns(updates, context.repeats(ROUNDS, 3), context.repeats(EACH, 60))
    detail = f"updates per CPU-second, medians of turns: {rates}{context.quick_words()}"
    yield at_least("learn-b.float32", rates.ratio("float32", "sbx"), FP32, "", detail)
    yield reported("learn-b.float32-scan", rates.ratio("float32", "sbx, scan of 20"), "")
    if "bfloat16" in updates:
        yield at_least("learn-b.bfloat16", rates.ratio("bfloat16", "sbx"), BF16, "")
        scan = rates.ratio("bfloat16", "sbx, scan of 20")
        yield at_least("learn-b.bfloat16-scan", scan, BF16_SCAN, "")
    else:
        yield reported("learn-b.bfloat16", "not measured", "", "no avx512_bf16 or amx here")


def _config(precision: str) -> SacConfig:
    return SacConfig(normalize_obs=False, compile="on", precision=precision)  # type: ignore[arg-type]
