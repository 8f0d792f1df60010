"""Is safe crippled? A policy that never knew limits, run under them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.context import Context
from bench.figure import Figure, at_least, equal, reported
from bench.free_env import ENV, MOST_ACCELERATION, NO_LOAD_SPEED, FreeEnv
from bench.returns import Act, Earned, kept_share, random_act, run_episodes
from bench.training import CLI

SHARE = 0.98
SEED_OFFSET = 30_000
DATASHEET = (
    f"the STS3215's data sheet: {NO_LOAD_SPEED} rad/s without load and"
    f" {MOST_ACCELERATION:.1f} rad/s2, its acceleration register's most; positions, delays, start"
    " ramp and torque as in the profile"
)


def measure(context: Context) -> Iterator[Figure]:
    """Yield the share of the return that is left at the data sheet's and the profile's limits."""
    from rl_agent.trained.trained_policy import open_run, torch_act

    run = context.folder / "training-free"
    started = time.monotonic()
    context.say("training without the gate's limits …")
    _train(run, context)
    trained_s = time.monotonic() - started
    count = context.repeats(200, 20)
    chance = _earn(context, "none", random_act(4, context.seed), count)
    with open_run(run) as policy:
        act = torch_act(policy.module)
        earned = {
            limits: _earn(context, limits, act, count)
            for limits in ("none", "datasheet", "profile")
        }
    free = earned["none"]
    base = f"without limits {free.words()}; chance without limits R {chance.mean:.3f}"
    shares = {name: kept_share(e.mean, free.mean, chance.mean) for name, e in earned.items()}
    quick = context.quick_words("fewer steps of training and episodes")
    at = f"{count} episodes of 4 s from random poses; {earned['datasheet'].words()}; {base}"
    yield at_least(
        "safety-j.datasheet", shares["datasheet"], SHARE, "", f"{at}; {DATASHEET}{quick}"
    )
    at = f"{earned['profile'].words()}; the profile asks for less than the servo can: 3 rad/s, 12"
    yield reported("safety-j.profile", shares["profile"], "", f"{at} rad/s2{quick}")
    stops = sum(each.num_stops for each in earned.values())
    yield equal("safety-j.stops", stops, 0, "stops", "a limit slows, it never stops the robot")
    yield reported("safety-j.training", trained_s, "s", "on the twin whose gate limits nothing")


def _earn(context: Context, limits: str, act: Act, count: int) -> Earned:
    context.say(f"{count} episodes with limits: {limits} …")
    env = FreeEnv("so101", "reach", limits=limits, reset_pose="random")
    try:
        return run_episodes(env, act, count, SEED_OFFSET + context.seed)
    finally:
        env.close()


def _train(run: Path, context: Context) -> None:
    words = ["train", "--env", f"bench.free_env:{ENV}", "--config", "so101_reach"]
    if context.quick:
        words += ["--steps", "2500"]
    here = str(Path(__file__).parent)
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    subprocess.run(
        [*CLI, *words, "--seed", str(context.seed), "--out", run],
        check=True,
        stdout=sys.stderr,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
