"""`surefoot tune`: which settings learn best? A sweep that survives anything and goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from optuna import Study

    from rl_agent.cli.train_settings import GivenOptions
    from rl_agent.tuning.sweep_folder import Sweep

TRIALS = 20


def tune_verb(
    out: Annotated[Path, typer.Option(help="The sweep's folder.")],
    env: Annotated[str | None, typer.Option(help="Gymnasium id, as for train.")] = None,
    algo: Annotated[str | None, typer.Option(help="As for train; default sac.")] = None,
    trials: Annotated[int, typer.Option(min=1, help="In all, those done included.")] = TRIALS,
    steps: Annotated[int | None, typer.Option(min=1, help="Environment steps of each.")] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each trial.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Trials at a time; one core each.")] = 1,
    space: Annotated[
        Path | None, typer.Option(help="YAML: what to vary, within what; see sweep.yaml in --out.")
    ] = None,
    config: Annotated[
        str | None, typer.Option(help="Preset or YAML file of what is not varied.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting of what is not varied.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after Ctrl-C or kill -9, or with more --trials.")
    ] = False,
) -> int:
    """Search for settings under which an algorithm learns best, trial by trial (needs Optuna).

    A trial's value is the mean return in its last evaluations. Those that fall behind are cut
    short. The best settings go to OUT/best.yaml, all trials to OUT/trials.csv.

    Examples: `surefoot tune --env Pendulum-v1 --steps 4000 --out runs/tune`, `surefoot tune
    --resume --out runs/tune`, `surefoot train --config runs/tune/best.yaml`.
    """
    from rl_agent.cli.train_settings import GivenOptions
    from rl_agent.tuning.study import open_study, require_optuna
    from rl_agent.tuning.sweep_folder import sole_owner

    require_optuna()
    given = GivenOptions(env=env, algo=algo, steps=steps, seed=seed, config=config, sets=settings)
    with sole_owner(out):
        sweep = _sweep(out, given, space, seeds, should_resume=resume)
        return _run(out, sweep, open_study(out, sweep), trials, jobs)


def _sweep(
    out: Path, given: GivenOptions, space: Path | None, num_seeds: int, *, should_resume: bool
) -> Sweep:
    from rl_agent.exceptions import Problem, ProblemsError
    from rl_agent.tuning.sweep_folder import holds_sweep, read_sweep, write_sweep

    if should_resume:
        typed = [*vars(given).values(), space, num_seeds if num_seeds > 1 else None]
        if any(value is not None for value in typed):
            message = "keeps its settings; give --trials and --jobs at most"
            raise ProblemsError(str(out), [Problem("--resume", message)])
        return read_sweep(out)
    if holds_sweep(out):
        message = "already holds a sweep; add --resume to go on with it, or choose another folder"
        raise ProblemsError(str(out), [Problem("--out", message)])
    sweep = _fresh_sweep(given, space, num_seeds)
    write_sweep(out, sweep)
    return sweep


def _fresh_sweep(given: GivenOptions, space: Path | None, num_seeds: int) -> Sweep:
    from rl_agent.cli.train_settings import fresh_config
    from rl_agent.learning.run_folder import plain
    from rl_agent.robots.profile import read_yaml
    from rl_agent.tuning.default_space import default_space
    from rl_agent.tuning.space import parse_space
    from rl_agent.tuning.sweep_folder import Sweep, with_evaluations

    base = with_evaluations(fresh_config(given))
    if space is None:
        return Sweep(base=base, space=default_space(base.algo, base.agent), num_seeds=num_seeds)
    found = parse_space(read_yaml(space), plain(base), str(space))
    return Sweep(base=base, space=found, num_seeds=num_seeds)


def _run(out: Path, sweep: Sweep, study: Study, num_trials: int, num_jobs: int) -> int:
    from rl_agent.learning.stop import StopRequest
    from rl_agent.tuning.runner import Runner

    runner = Runner(sweep, out, study, num_trials, lambda text: print(text, flush=True), num_jobs)
    with StopRequest() as stop:
        is_finished = runner.run(stop)
    for line in summary_lines(out, study, is_finished=is_finished):
        print(line)
    return 0 if is_finished else stop.exit_status


def summary_lines(out: Path, study: Study, *, is_finished: bool) -> list[str]:
    """Return what was found and what to type next."""
    from rl_agent.tuning.results import BEST_FILE, TRIALS_FILE, best_number, importances

    lines = []
    if not is_finished:
        again = f"surefoot tune --resume --out {out}"
        lines.append(f"Stopped; no trial is lost. Go on with: {again}")
    best = best_number(study)
    if best is None:
        return [*lines, "No trial is finished yet."]
    lines.append(
        f"Best: trial {best}, mean return {study.best_value:.1f}; all in {out / TRIALS_FILE}"
    )
    if shares := importances(study):
        shown = ", ".join(f"{path} {100 * share:.0f} %" for path, share in shares.items())
        lines.append(f"What mattered: {shown}")
    lines.append(f"Next: surefoot train --config {out / BEST_FILE}")
    return lines
