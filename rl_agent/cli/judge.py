"""`surefoot judge`: success classifiers, from what a person said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Teach a judge of successes from a person's labels.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _several_verbs() -> None:
    """Keep `fit` a verb of its own: with one command alone, typer would leave it out."""


@app.command("fit")
def fit(
    run_dirs: Annotated[
        list[Path], typer.Argument(help="Folders of live runs that a person judged.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The classifier's file; default judge.json in the first.")
    ] = None,
) -> None:
    """Fit a success classifier to the labels of `surefoot live --judge human`.

    It sees what the task sees of a reading, and the goal. Successes are the labelled steps; all
    others, but for the second before each, are none. Two figures say how it does on stretches of
    time that it had not seen: how many successes it finds, how many other steps it takes for one.
    Twenty labels are a beginning, fifty find most. Where it is fooled, let a person judge once
    more, and fit both runs.

    Example: `surefoot judge fit runs/labelled`, then `surefoot live twin --judge FILE ...`.
    """
    from rl_agent.judging.fit import fit_classifier
    from rl_agent.judging.judges import JUDGE_FILE
    from rl_agent.judging.labelled_run import read_labelled
    from rl_agent.learning.run_folder import journal_dir

    steps = read_labelled([(run_dir, journal_dir(run_dir)) for run_dir in run_dirs])
    classifier = fit_classifier(steps)
    path = run_dirs[0] / JUDGE_FILE if out is None else out
    classifier.write(path)
    facts = classifier.facts
    typer.echo(
        f"{facts['num_successes']:.0f} successes, {facts['num_others']:.0f} other steps. Of those "
        f"that it had not seen it finds {facts['found_share']:.0%}, and takes "
        f"{facts['false_share']:.2%} of the others for one."
    )
    typer.echo(f"Judge with it: surefoot live twin --judge {path}")
