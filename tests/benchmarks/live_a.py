"""An arm learns to reach, live over ROS in real time and from nothing, within five minutes."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_least, reported
from bench.live_runs import LiveRun
from path_b import describe

from rl_agent.reporting.report import ReachSeries
from surefoot_nodes.graph_process import GraphOptions, GraphProcess, as_trial

PERCENT = 95.0
NUM_TARGETS, NUM_EPISODES = 100, 20


def measure(context: Context) -> Iterator[Figure]:
    """Yield each seed's success on fresh targets, and when it had come so far."""
    for seed in context.live_seeds:
        run = context.live(seed)
        series = _try_out(context, run, seed)
        words = f"seed {seed}: {describe(series)}; {_told(run)}{context.quick_words()}"
        yield at_least(f"live-a.seed_{seed}", 100.0 * series.success_share, PERCENT, "%", words)
        steady_s = run.steady_after_s(PERCENT / 100.0, NUM_EPISODES)
        when = "not" if steady_s is None else f"{steady_s / 60.0:.2f} min"
        detail = f"robot time until {NUM_EPISODES} explored episodes in a row had {PERCENT:g} %"
        yield reported(f"live-a.seed_{seed}_steady", when, "", detail)


def _try_out(context: Context, run: LiveRun, seed: int) -> ReachSeries:
    options = GraphOptions(
        robot=context.spec.name,
        domain=context.domain,
        actor="onnx",
        bundle=run.bundle,
        policy_hz=0.0,
        seed=seed,
        recording=None,
        log=context.folder / f"try-out-{seed}.log",
    )
    count = context.repeats(NUM_TARGETS, 20)
    context.say(f"seed {seed}: {count} fresh targets, without exploration …")
    with GraphProcess(options) as graph:
        results = graph.reach(count, context.target_seed + seed)
        trials = tuple(as_trial(result) for result in results)
    return ReachSeries(key="live", trials=trials)


def _told(run: LiveRun) -> str:
    episodes = run.episodes()
    minutes = episodes[-1]["env_step"] / run.policy_hz / 60.0
    counts = {kind: len(run.swaps(kind)) for kind in ("promoted", "refused", "rolled_back")}
    versions = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
    return f"{minutes:.1f} min of robot time, versions: {versions}"
