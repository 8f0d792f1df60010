"""Options of `surefoot bench` into jobs: every mistake is told before the first run begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rl_agent.benchmarking.environment import default_final_episodes
from rl_agent.benchmarking.job import Job
from rl_agent.cli.train_settings import GivenOptions, fresh_config, slug
from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.config_file import load_settings

NUM_EVALUATIONS = 20
"""On the way, for the curves."""
NUM_EPISODES = 5
NOT_GIVEN: tuple[None] = (None,)


@dataclass(frozen=True, kw_only=True)
class GivenBench:
    """What the user typed."""

    algos: Sequence[str]
    envs: Sequence[str]
    configs: Sequence[str]
    num_seeds: int
    steps: int | None
    sets: Sequence[str]
    final_episodes: int | None
    out: Path


def plan_jobs(given: GivenBench) -> list[Job]:
    """Return the runs, seed by seed, so that every task has some results early.

    Raises:
        SurefootError: A setting, an algorithm or an environment does not hold.
    """
    variants = [
        (_label(given, algo, file), _config(given, algo, file, env))
        for file in given.configs or NOT_GIVEN
        for algo in given.algos or NOT_GIVEN
        for env in given.envs or NOT_GIVEN
    ]
    episodes = {config.env: _final_episodes(given, config) for _, config in variants}
    jobs = [
        _job(given, label or config.algo, config, seed, episodes[config.env])
        for seed in range(given.num_seeds)
        for label, config in variants
    ]
    _check_different(jobs)
    return jobs


def _label(given: GivenBench, algo: str | None, file: str | None) -> str | None:
    """Return what tells a variant from the others; None if that is its algorithm alone."""
    if len(given.configs) < 2 or file is None:
        return algo
    return f"{algo}-{Path(file).stem}" if algo else Path(file).stem


def _config(given: GivenBench, algo: str | None, file: str | None, env: str | None) -> TrainConfig:
    own = load_settings(file) if file else {}
    options = GivenOptions(env=env, algo=algo, steps=given.steps, config=file, sets=given.sets)
    num_steps = fresh_config(options).num_steps
    named = own.get("evaluation", {})
    defaults = [
        f"evaluation.{key}={value}"
        for key, value in _evaluation(num_steps).items()
        if not (isinstance(named, dict) and key in named)
    ]
    sets = [*defaults, *given.sets]
    return fresh_config(GivenOptions(env=env, algo=algo, steps=given.steps, config=file, sets=sets))


def _evaluation(num_steps: int) -> dict[str, str]:
    """Return when a benchmark looks: regularly, and never to end early."""
    return {
        "every": str(max(1, num_steps // NUM_EVALUATIONS)),
        "first": "0",
        "num_episodes": str(NUM_EPISODES),
        "num_confirm": str(NUM_EPISODES),
        "stop_at_success": "null",
    }


def _final_episodes(given: GivenBench, config: TrainConfig) -> int:
    # Made even where the number is known: an environment that can't be learned with is told now.
    default = default_final_episodes(config.env, config.env_options)
    return given.final_episodes or default


def _job(given: GivenBench, label: str, config: TrainConfig, seed: int, episodes: int) -> Job:
    place = given.out / "runs" / slug(label) / slug(config.env) / f"seed-{seed}"
    return Job(
        label=label,
        config=replace(config, seed=seed),
        final_episodes=episodes,
        run_dir=place,
    )


def _check_different(jobs: Sequence[Job]) -> None:
    problems = [
        Problem(str(folder), "is asked for twice: name each algorithm, task and file once")
        for folder in _repeated([job.run_dir for job in jobs])
    ]
    if problems:
        raise ProblemsError("bench", problems)


def _repeated(folders: Sequence[Path]) -> Iterator[Path]:
    yield from sorted({folder for folder in folders if folders.count(folder) > 1})
