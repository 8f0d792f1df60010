"""`surefoot demo`: an arm learns in its twin, is exported, and is driven over ROS 2."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from rl_agent.reporting.report import Report, Trial
    from rl_agent.spec import RobotSpec

    from .demo_drive import Drive
    from .demo_plan import DemoPlan

INTERRUPTED = 130
DISAPPOINTED = 1


def demo_verb(
    robot: Annotated[
        str, typer.Option(help="A shipped robot with a tool, or a profile's YAML file.")
    ] = "so101",
    out: Annotated[Path, typer.Option(help="Folder for training, recordings and report.")] = Path(
        "runs/demo"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Of training and targets.")] = 0,
    quick: Annotated[
        bool, typer.Option("--quick", help="Less training and fewer targets: a first look.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, whatever lies in --out.")
    ] = False,
    domain: Annotated[
        int | None, typer.Option(min=0, max=101, help="ROS_DOMAIN_ID; default: one of its own.")
    ] = None,
) -> int:
    """Let an arm learn to reach in its twin, then drive it over ROS 2; ends in a report.

    Everything runs on this machine, in a ROS domain of its own, with the twin in the robot's place:
    no real robot can move. Ctrl-C brakes the twin and ends all processes; the same command then
    goes on with the training where it stopped.

    Exit status: 0 when it worked, 1 when the arm reached too few targets or left its limits.
    """
    from .demo_plan import DemoPlan

    plan = DemoPlan(robot=robot, out=out, seed=seed, is_quick=quick, is_fresh=fresh, domain=domain)
    with _signals_as_interrupt():
        try:
            return Demo(plan).run()
        except KeyboardInterrupt:
            # Who asked to stop meant the whole; cleaning up is done by now.
            typer.echo(
                "\nStopped: the robot was braked and all processes have ended. "
                f"The training goes on where it stopped with: {plan.again()}",
                err=True,
            )
            return INTERRUPTED


class Demo:
    """The steps, in order; each adds to the report."""

    def __init__(self, plan: DemoPlan) -> None:
        from rich.console import Console

        from rl_agent.robots.profile import load_robot

        from .demo_report import empty_report

        self._plan = plan
        self._spec: RobotSpec = load_robot(plan.robot)
        self._report: Report = empty_report(plan, self._spec)
        self._console: Console = Console(highlight=False, soft_wrap=True)
        self._number = 0

    def run(self) -> int:
        """Do everything; return the exit status."""
        from .demo_plan import CONTROLLERS
        from .demo_report import add_drives, write_report
        from .demo_summary import print_summary

        _make_folder(self._plan.out)
        self._step("Check", self._probe)
        self._step("Train", self._train)
        self._step("Export", self._export)
        drives: list[Drive] = []
        for controller in CONTROLLERS:
            self._step(_DRIVES[controller], lambda c=controller: self._drive(c, drives))
        self._report = add_drives(self._report, self._spec, drives)
        self._step("Draw", lambda: self._draw(drives[0]))
        page = write_report(self._report, self._plan.out)
        return 0 if print_summary(self._console, self._report, page) else DISAPPOINTED

    def _probe(self) -> str:
        from .demo_probe import probe

        found = probe(self._spec)
        self._report = replace(self._report, notes=found.notes)
        return found.summary

    def _train(self) -> str:
        from .demo_training import train_policy

        outcome = train_policy(self._plan)
        self._report = replace(self._report, training=outcome.training)
        words = f"Practised for {outcome.training.env_steps} steps in the twin."
        if outcome.resumed_step is None:
            return words
        if outcome.resumed_step >= outcome.training.env_steps:
            return f"{words} That was done in an earlier run; --fresh begins anew."
        return f"{words} It went on from step {outcome.resumed_step} of an earlier run."

    def _export(self) -> str:
        from .demo_training import export_policy

        return export_policy(self._plan)

    def _drive(self, controller: str, drives: list[Drive]) -> str:
        from .demo_drive import drive

        count = self._plan.num_targets(controller)
        with self._bar(count) as advance:
            result = drive(self._plan, self._spec, controller, advance)
        drives.append(result)
        reached = sum(trial.is_success for trial in result.trials)
        return f"Over ROS 2, with every limit on: {reached} of {count} targets reached."

    def _draw(self, drive: Drive) -> str:
        from .demo_report import add_pictures

        self._report = add_pictures(self._report, self._spec, drive, self._plan)
        count = len(self._report.pictures)
        return f"{count} pictures of the twin." if count else "No pictures; see the notes."

    def _step(self, name: str, work: Callable[[], str]) -> None:
        from rl_agent.reporting.report import Stage
        from rl_agent.reporting.wording import duration

        self._number += 1
        self._console.print(f"\n[bold]{self._number}. {name}[/bold]")
        started = time.monotonic()
        summary = work()
        stage = Stage(name=name, seconds=time.monotonic() - started, summary=summary)
        self._report = replace(self._report, stages=(*self._report.stages, stage))
        self._console.print(f"   {summary} [dim]({duration(stage.seconds)})[/dim]")

    @contextmanager
    def _bar(self, count: int) -> Iterator[Callable[[Trial], None]]:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = ("  ", BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        with Progress(
            *columns, console=self._console, transient=True, refresh_per_second=4
        ) as progress:
            bar = progress.add_task("starting the processes …", total=count)
            reached = 0

            def advance(trial: Trial) -> None:
                nonlocal reached
                reached += trial.is_success
                progress.update(bar, advance=1, description=f"{reached} reached")

            yield advance


def _make_folder(out: Path) -> None:
    """Make the folder, before anything else could fail for the lack of it.

    Raises:
        ProblemsError: It cannot be made or written.
    """
    from rl_agent.exceptions import Problem, ProblemsError

    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}; name another folder"
        raise ProblemsError("surefoot demo", [Problem("--out", message)]) from error


_DRIVES = {
    "policy": "Drive: the trained policy",
    "dls": "Drive: damped least squares, for comparison",
    "random": "Drive: random actions, for comparison",
}


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C, and take both even where a shell has us ignore them.

    Only the first one interrupts: a second must not cut the cleaning up short.
    """

    def interrupt(number: int, frame: object) -> None:
        del number, frame
        for known in previous:
            signal.signal(known, signal.SIG_IGN)
        raise KeyboardInterrupt

    previous = {n: signal.signal(n, interrupt) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
