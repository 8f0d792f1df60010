"""`surefoot eval`: how good is a policy in its twin, computed by ONNX Runtime or by torch?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rl_agent.cli.choices import Backend, Which
from rl_agent.cli.warning import warn

if TYPE_CHECKING:
    from rl_agent.learning.twin_evaluation import EpisodeResult, Evaluation


def eval_verb(
    policy: Annotated[Path, typer.Argument(help="Directory of a bundle or of a training run.")],
    backend: Annotated[
        Backend | None, typer.Option(help="Default: onnx for a bundle, torch for a run.")
    ] = None,
    episodes: Annotated[int, typer.Option(min=1, help="Targets or episodes.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same targets.")] = 0,
    checkpoint: Annotated[
        Which | None, typer.Option(help="Of a run; default: the best where there is one.")
    ] = None,
    robot: Annotated[
        str | None, typer.Option(help="Profile's name or file, if the policy's own is not shipped.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write figures and episodes here; - prints them.")
    ] = None,
) -> None:
    """Try a policy on fresh targets in its robot's twin, with delays, gate and limits.

    A reach succeeds when the tool comes within 2 cm of the target and stays there for 0.5 s, all of
    it within 4 s; each target is at least 10 cm from where the tool starts. Other tasks succeed
    when their goal holds over the last second of an episode.

    A run is tried with torch; with --backend onnx it is exported first.

    Examples: `surefoot eval bundle`, `surefoot eval runs/so101 --backend torch --episodes 20`.
    """
    from rl_agent.learning.threads import wait_passively
    from rl_agent.learning.twin_evaluation import evaluate
    from rl_agent.trained.policy_source import open_policy

    wait_passively()
    is_quiet = str(json_file) == "-"
    with open_policy(policy, backend, robot=robot, which=checkpoint, on_message=warn) as source:
        with _progress(episodes, is_quiet) as on_episode:
            result = evaluate(
                source.env, source.act, num_episodes=episodes, seed=seed, on_episode=on_episode
            )
        about = {"policy": str(policy), "backend": source.backend, "robot": source.spec.name}
        title = f"{policy} ({source.name}), {source.backend}, on the twin of {source.spec.name}"
    if not is_quiet:
        _print_table(title, result)
    if json_file is not None:
        _write_json(json_file, {**about, **result.as_dict()})


@contextmanager
def _progress(
    num_episodes: int, is_quiet: bool
) -> Iterator[Callable[[EpisodeResult], None] | None]:
    if is_quiet:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("episodes", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as progress:
        bar = progress.add_task("", total=num_episodes)
        yield lambda _: progress.advance(bar)


def _print_table(title: str, result: Evaluation) -> None:
    from rich.console import Console
    from rich.table import Table

    time_s = result.median_time_s
    table = Table("figure", "value")
    table.add_row("episodes", str(len(result.episodes)))
    table.add_row("success", f"{100 * result.success_rate:.1f} %")
    table.add_row("median time to target", "-" if time_s is None else f"{time_s:.2f} s")
    table.add_row("mean final error", _error_text(result.mean_final_error, result.error_unit))
    table.add_row("mean return", f"{result.mean_return:.2f}")
    table.add_row("steps that limits changed", f"{100 * result.intervention_share:.1f} %")
    if result.num_refused:
        table.add_row("observations refused", str(result.num_refused))
    console = Console()
    console.print(title, soft_wrap=True, highlight=False)
    console.print(table)


def _error_text(error: float, unit: str) -> str:
    return f"{1e3 * error:.1f} mm" if unit == "m" else f"{error:.3g} {unit}".strip()


def _write_json(json_file: Path, values: dict[str, Any]) -> None:
    text = json.dumps(values, indent=1)
    if str(json_file) == "-":
        typer.echo(text)
        return
    json_file.parent.mkdir(parents=True, exist_ok=True)
    json_file.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"Figures and episodes: {json_file}")
