"""What does replay cost at a million rows? Adding one and drawing a batch, beside an update."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_most, reported

from rl_agent.algorithms.registry import make_agent
from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.data.layout import TransitionLayout
from rl_agent.data.priorities import Priorities
from rl_agent.data.replay_buffer import ReplayBuffer
from rl_agent.learning.training import prepare_torch
from rl_agent.types import Transition

OBS_DIM, ACT_DIM = 45, 12
CAPACITY, QUICK_CAPACITY = 1_000_000, 100_000
CHUNK = 50_000
MOST_SHARE = 0.03
ROUNDS, EACH = 15, 100


def measure(context: Context) -> Iterator[Figure]:
    """Yield replay's share of an update, drawn uniformly and by priority."""
    prepare_torch(1)
    capacity = context.repeats(CAPACITY, QUICK_CAPACITY)
    layout = TransitionLayout(obs_dim=OBS_DIM, act_dim=ACT_DIM)
    config = SacConfig(normalize_obs=False)
    rng = np.random.default_rng(context.seed)
    priorities = Priorities(
        capacity, priority_exponent=0.6, importance_exponent=0.4, importance_steps=capacity
    )
    context.say(f"filling two replays of {capacity} transitions …")
    uniform = _filled(layout, capacity, None)
    prioritized = _filled(layout, capacity, priorities)
    agent = make_agent("sac", OBS_DIM, ACT_DIM, config, context.seed)
    agent.compile()
    batch = uniform.sample(config.batch_size, rng)
    errors = rng.random(config.batch_size).astype(np.float32)

    def draw_uniformly() -> None:
        uniform.add(_transition(rng))
        uniform.sample(config.batch_size, rng)

    def draw_by_priority() -> None:
        prioritized.add(_transition(rng))
        drawn = prioritized.sample(config.batch_size, rng)
        assert drawn.index is not None
        prioritized.update_priorities(drawn.index, errors)

    rounds, each = context.repeats(ROUNDS, 3), context.repeats(EACH, 30)
    turns: dict[str, Callable[[], None]] = {
        "made": lambda: _transition(rng) and None,
        "uniform": draw_uniformly,
        "priority": draw_by_priority,
        "update": lambda: agent.update(batch),
    }
    spent = _in_turns(turns, rounds, each)
    # Making up a transition is the benchmark's own work.
    costs = {name: spent[name] - spent["made"] for name in ("uniform", "priority")}
    detail = (
        f"CPU time, medians: add and draw {1e6 * costs['uniform']:.0f} us, by priority"
        f" {1e6 * costs['priority']:.0f} us, a compiled update of SAC (2 x 256 units, batch"
        f" {config.batch_size}) {1e3 * spent['update']:.2f} ms; {capacity} rows, obs {OBS_DIM}"
        + context.quick_words("fewer transitions")
    )
    share = costs["uniform"] / spent["update"]
    yield at_most("learn-h.uniform", share, MOST_SHARE, "of an update", detail)
    yield reported("learn-h.priority", costs["priority"] / spent["update"], "of an update")


def _in_turns(turns: dict[str, Callable[[], None]], rounds: int, each: int) -> dict[str, float]:
    """Return the CPU time [s] of one call of each, the median of the rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds + 1):
        for name, call in turns.items():
            start = time.process_time()
            for _ in range(each):
                call()
            seconds[name].append((time.process_time() - start) / each)
    return {name: float(np.median(values[1:])) for name, values in seconds.items()}


def _filled(layout: TransitionLayout, capacity: int, priorities: Priorities | None) -> ReplayBuffer:
    replay = ReplayBuffer(layout, capacity, gamma=0.99, priorities=priorities)
    rng = np.random.default_rng(1)
    for start in range(0, capacity, CHUNK):
        rows = np.zeros(min(CHUNK, capacity - start), layout.row_dtype)
        for name, size in layout.float_fields:
            if size and name != "shares":
                rows[name] = rng.uniform(-1.0, 1.0, rows[name].shape)
        rows["next_obs"][:-1] = rows["obs"][1:]
        replay.add_rows(rows)
    return replay


def _transition(rng: np.random.Generator) -> Transition:
    obs = rng.uniform(-1.0, 1.0, OBS_DIM).astype(np.float32)
    action = rng.uniform(-1.0, 1.0, ACT_DIM).astype(np.float32)
    nothing = np.zeros(0, np.float32)
    return Transition(
        obs, action, action, action, 0.0, False, False, obs, nothing, nothing, nothing
    )
