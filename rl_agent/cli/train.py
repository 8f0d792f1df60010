"""`surefoot train`: an agent learns in an environment, with checkpoints that survive anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rl_agent.learning.config import TrainConfig
    from rl_agent.learning.training import TrainResult


def train_verb(
    env: Annotated[
        str | None, typer.Option(help="Gymnasium id; module:id imports the module first.")
    ] = None,
    algo: Annotated[
        str | None,
        typer.Option(
            help="sac (default), td3, ddpg, tqc, crossq, xqc, simba_v2, flash_sac, bro, mpo, or "
            "module:Class."
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Environment steps.")] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; default runs/<id>.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest whole checkpoint in --out.")
    ] = False,
    config: Annotated[
        str | None,
        typer.Option(help="Preset or YAML file; default: the preset of the environment."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="One setting, for example agent.utd_ratio=4; may be repeated."),
    ] = None,
) -> int:
    """Train a policy; Ctrl-C leaves a whole checkpoint, and --resume goes on from it.

    Any Gymnasium environment with continuous, bounded actions will do. Settings come from a preset
    or a YAML file, then from the options here. How it explores: agent.exploration (sampled,
    gaussian, ou, pink, gsde, repeated) and, where rewards are rare, bonus.kind (disagreement, rnd,
    count).

    Examples: `surefoot train --env sim:So101Reach-v0`, `surefoot train --env Pendulum-v1 --steps
    6000 --out runs/pendulum`, `surefoot train --out runs/pendulum --resume`.
    """
    from rl_agent.learning.threads import wait_passively

    wait_passively()
    from rl_agent.cli.train_settings import GivenOptions, fresh_config, resumed_config, slug
    from rl_agent.learning.run_folder import holds_run

    given = GivenOptions(env=env, algo=algo, steps=steps, seed=seed, config=config, sets=settings)
    if resume and out is None and env is not None:
        out = Path("runs") / slug(env)
    if resume and out is not None and (holds_run(out) or env is None):
        return _train(resumed_config(out, given), out, should_resume=True)
    train_config = fresh_config(given)
    run_dir = out or Path("runs") / slug(train_config.env)
    return _train(train_config, run_dir, should_resume=resume)


def _train(config: TrainConfig, run_dir: Path, *, should_resume: bool) -> int:
    from rl_agent.cli.display import open_display
    from rl_agent.cli.train_panel import TrainPanel
    from rl_agent.learning.stop import StopRequest
    from rl_agent.learning.training import TrainHooks, train

    with StopRequest() as stop, open_display(f"{config.env} → {run_dir}") as display:
        hooks = TrainHooks(on_progress=TrainPanel(display).show, on_message=display.say)
        result = train(config, run_dir, should_resume=should_resume, stop=stop, hooks=hooks)
    _print_summary(config, run_dir, result)
    return 0 if result.is_finished else stop.exit_status


def _print_summary(config: TrainConfig, run_dir: Path, result: TrainResult) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for line in summary_lines(config, run_dir, result):
        console.print(line, markup=False)


def summary_lines(config: TrainConfig, run_dir: Path, result: TrainResult) -> list[str]:
    """Return what happened and what to type next."""
    if not result.is_finished:
        again = f"surefoot train --resume --out {run_dir}"
        return [f"Stopped at step {result.env_step}; the checkpoint is whole. Go on with: {again}"]
    spent_s = sum(result.seconds.values())
    lines = [
        f"Trained for {result.env_step} steps and {result.gradient_step} updates"
        f" in {spent_s:.0f} s here: {_shares(result.seconds)}."
    ]
    if result.has_met_target:
        target = config.evaluation.stop_at_success or 0.0
        lines.append(f"Ended early: {100 * target:.0f} % of fresh episodes succeed.")
    if result.best is not None:
        lines.append(f"Best policy: step {result.best_step}, {_score(result.best)}.")
    lines += _worries(run_dir)
    if config.env.startswith("sim:"):
        lines.append(f"Next: surefoot export {run_dir}")
    lines.append(f"Curves: tensorboard --logdir {run_dir / 'tb'}")
    return lines


def _worries(run_dir: Path) -> list[str]:
    """Return what is not well with the run, and where to read more."""
    from rl_agent.learning.metrics import read_metrics
    from rl_agent.reporting.health import Level, judge

    findings = judge(read_metrics(run_dir))
    found = [f"{f.level.capitalize()}: {f.sentence}" for f in findings if f.level is not Level.OK]
    return [*found, f"Health: surefoot health {run_dir}"] if findings else []


def _score(score: Any) -> str:
    text = f"mean return {score.mean_return:.1f}"
    if score.success_rate is not None:
        text = f"success {100 * score.success_rate:.0f} %, " + text
    return f"{text} over {score.num_episodes} fresh episodes"


def _shares(seconds: dict[str, float]) -> str:
    total_s = max(sum(seconds.values()), 1e-9)
    by_size = sorted(seconds.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {100 * value / total_s:.0f} %" for name, value in by_size[:4])
