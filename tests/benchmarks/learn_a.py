"""How many SAC updates does a CPU-second hold, beside Stable-Baselines3's? One thread each."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_least, reported
from bench.peers import stable_baselines3
from bench.update_rates import experience, has_bf16, in_turns, ours

from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.learning.training import prepare_torch

FP32, BF16 = 1.5, 2.3
ROUNDS, EACH = 15, 200


def measure(context: Context) -> Iterator[Figure]:
    """Yield our rates over the peer's."""
    prepare_torch(1)
    rows = experience(context.seed)
    makers = {
        "stable-baselines3": lambda: stable_baselines3(rows, context.seed),
        "eager": lambda: ours("sac", _config("off"), rows, context.seed),
        "float32": lambda: ours("sac", _config("on"), rows, context.seed),
    }
    if has_bf16():
        makers["bfloat16"] = lambda: ours("sac", _config("on", "bfloat16"), rows, context.seed)
    updates = {}
    for name, make in makers.items():
        context.say(f"building {name} …")
        updates[name] = make()
    rates = in_turns(updates, context.repeats(ROUNDS, 3), context.repeats(EACH, 50))
    detail = f"updates per CPU-second, medians of turns: {rates}{context.quick_words()}"
    yield at_least("learn-a.float32", rates.ratio("float32", "stable-baselines3"), FP32, "", detail)
    yield reported("learn-a.eager", rates.ratio("eager", "stable-baselines3"), "")
    if "bfloat16" in updates:
        yield at_least("learn-a.bfloat16", rates.ratio("bfloat16", "stable-baselines3"), BF16, "")
    else:
        yield reported("learn-a.bfloat16", "not measured", "", "no avx512_bf16 or amx here")


def _config(compile_mode: str, precision: str = "float32") -> SacConfig:
    return SacConfig(normalize_obs=False, compile=compile_mode, precision=precision)  # type: ignore[arg-type]
