"""`surefoot bench`: tasks x seeds x algorithms in worker processes, resumable, with a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rl_agent.benchmarking.job import Job
    from rl_agent.benchmarking.pool import Failure
    from rl_agent.benchmarking.table import Table


PLAIN_WIDTH = 140
"""Characters per line where the output goes to a file."""


def bench_verb(
    env: Annotated[
        list[str] | None, typer.Option(help="Gymnasium id, or module:id; may be repeated.")
    ] = None,
    algo: Annotated[
        list[str] | None, typer.Option(help="As for `surefoot train`; may be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each: seeds 0, 1, 2 and so on.")] = 3,
    steps: Annotated[int | None, typer.Option(min=1, help="Environment steps of a run.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of runs, results and table.")] = Path(
        "runs/bench"
    ),
    config: Annotated[
        list[str] | None,
        typer.Option(help="Preset or YAML file; several are compared. Default: the task's preset."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="One setting of all runs, for example agent.utd_ratio=4."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Runs at once; default: cores / threads of a run.")
    ] = None,
    final_episodes: Annotated[
        int | None,
        typer.Option(min=1, help="Of each last evaluation; default 10 for MuJoCo tasks, else 100."),
    ] = None,
) -> int:
    """Compare algorithms over tasks and seeds; the same command goes on after Ctrl-C or kill -9.

    Writes OUT/results.jsonl (a line per evaluation), OUT/table.md and OUT/bench.html (tables and
    learning curves), beside published returns for the same tasks and steps. Finished runs are
    skipped; more --steps, seeds, tasks or algorithms are added to what is there.

    Example: `surefoot bench --algo xqc --algo sac --env Pendulum-v1 --seeds 3 --steps 20000`.
    """
    from rl_agent.benchmarking.lock import hold
    from rl_agent.cli.bench_settings import GivenBench, plan_jobs
    from rl_agent.learning.threads import wait_passively

    wait_passively()
    given = GivenBench(
        algos=algo or [],
        envs=env or [],
        configs=config or [],
        num_seeds=seeds,
        steps=steps,
        sets=settings or [],
        final_episodes=final_episodes,
        out=out,
    )
    planned = plan_jobs(given)
    out.mkdir(parents=True, exist_ok=True)
    with hold(out):
        return _bench(planned, out, jobs or default_num_jobs(planned))


def default_num_jobs(planned: Sequence[Job]) -> int:
    """Return how many runs this machine's cores can do at once."""
    import os

    num_threads = max(job.config.agent.num_threads for job in planned)
    return max(1, len(os.sched_getaffinity(0)) // num_threads)


def _bench(planned: Sequence[Job], out: Path, num_jobs: int) -> int:
    from rl_agent.benchmarking.final_file import is_finished
    from rl_agent.benchmarking.job import write_job
    from rl_agent.benchmarking.pool import Failure, Pool
    from rl_agent.benchmarking.results import append_results, run_lines
    from rl_agent.benchmarking.summary_files import write_summary
    from rl_agent.cli.bench_panel import open_display
    from rl_agent.learning.stop import StopRequest

    for job in planned:
        write_job(job)
    finished = [job for job in planned if is_finished(job)]
    # A kill may have come between a run's end and its results.
    append_results(out, [line for job in finished for line in run_lines(job)])
    waiting = [job for job in planned if job not in finished]
    failures: list[Failure] = []
    with StopRequest() as stop, open_display(len(planned), len(finished)) as display:
        pool = Pool(num_jobs=num_jobs, stop=stop, display=display)
        for outcome in pool.run(waiting):
            if isinstance(outcome, Failure):
                failures.append(outcome)
            else:
                append_results(out, run_lines(outcome))
                write_summary(out)
    _print(write_summary(out), out)
    return _conclude(planned, failures, stop.exit_status if stop.is_set else 0)


def _conclude(planned: Sequence[Job], failures: Sequence[Failure], status: int) -> int:
    from rl_agent.benchmarking.final_file import is_finished

    num_left = sum(not is_finished(job) for job in planned)
    if status:
        typer.echo(
            f"Stopped; {num_left} of {len(planned)} runs are not finished, their checkpoints are"
            " whole. Go on with the same command."
        )
        return status
    for failure in failures:
        typer.echo(f"FAILED: {failure.job.name}: {failure.reason}", err=True)
    return 1 if failures else 0


def _print(tables: Sequence[Table], out: Path) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable

    from rl_agent.benchmarking.summary_files import PAGE_FILE, TABLE_FILE

    if not tables:
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    for table in tables:
        shown = RichTable(*table.header[: table.num_main], title=table.title, box=SIMPLE_HEAD)
        for row in table.rows:
            shown.add_row(*row[: table.num_main])
        console.print(shown)
    console.print(f"{out / TABLE_FILE}, curves in {out / PAGE_FILE}", soft_wrap=True)
