"""What `surefoot live` does: a robot or its twin acts, and a learner beside it makes it better."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .up import UpOptions, make_config, run_graph

if TYPE_CHECKING:
    from rl_agent.cli.train_settings import GivenOptions
    from rl_agent.learning.config import TrainConfig
    from rl_agent.learning.live_training import LiveRobot

PAGE = "live.html"


@dataclass(frozen=True, kw_only=True)
class LiveOptions:
    """The options of `surefoot live`."""

    given: GivenOptions
    out: Path | None
    should_resume: bool
    minutes: float
    up: UpOptions


def run_live(kind: Literal["twin", "robot"], options: LiveOptions) -> int:
    """Begin a live run or go on with one, until Ctrl-C or the time is over; return the status.

    Raises:
        SurefootError: A mistake in what was asked for; nothing was started.
    """
    from rl_agent.cli.display import open_display

    from .getting_up import GettingUp
    from .live_panel import LivePanel

    up = prepare(options)
    assert up.run is not None
    with open_display(f"{up.robot}, {up.task} → {up.run}") as display:
        panel = LivePanel(display, up.run, up.policy_hz, options.minutes)
        helpers = [GettingUp(display.say)] if kind == "twin" and up.auto_arm else []
        status = run_graph(kind, up, say=display.say, onlookers=[panel, *helpers])
        display.say(f"What became of it: {write_page(up.run, up.policy_hz)}")
        display.say(f"Go on with: surefoot live {kind} --resume --out {up.run}")
        display.say(f"Export the newest policy: surefoot export {up.run}")
    return status


def write_page(run_dir: Path, policy_hz: float) -> Path:
    """Write a live run's page from its files, and return it."""
    from rl_agent.data.disk import write_durably
    from rl_agent.deploy.swap_log import SWAPS, read_events
    from rl_agent.learning.metrics import read_metrics
    from rl_agent.reporting.live_page import render_live

    swaps = read_events(run_dir / SWAPS)
    page = render_live(str(run_dir), read_metrics(run_dir), swaps, policy_hz)
    path = run_dir / PAGE
    write_durably(path, page.encode())
    return path


def prepare(options: LiveOptions) -> UpOptions:
    """Begin a run's folder, or look into one that is to go on; return what its graph is told.

    Raises:
        SurefootError: A mistake in what was asked for.
    """
    from rl_agent.learning.live_training import prepare_live_run

    config, run_dir = _settle(options)

    def graph_of(robot: LiveRobot) -> UpOptions:
        return replace(
            options.up,
            robot=robot.robot,
            task=robot.task,
            actor="live",
            policy_hz=robot.policy_hz,
            seed=config.seed,
            run=run_dir,
            exploration=config.agent.exploration,
            random_hold=config.random_hold,
            **(_lockstep(config, robot, options.minutes) if options.up.is_lockstep else {}),
            explore_until=config.live.explore_until,
        )

    return graph_of(prepare_live_run(config, run_dir, lambda robot: make_config(graph_of(robot))))


def _lockstep(config: TrainConfig, robot: LiveRobot, minutes: float) -> dict[str, Any]:
    """Return where the robot waits for its learner, step by step, and where it ends."""
    steps_per_version = config.live.publish_every_s * robot.policy_hz
    return {
        "meet_every": max(1, math.ceil(steps_per_version - 1e-6)),
        "num_steps": round(60.0 * minutes * robot.policy_hz),
    }


def _settle(options: LiveOptions) -> tuple[TrainConfig, Path]:
    from rl_agent.cli.train import slug
    from rl_agent.cli.train_settings import fresh_config, resumed_config
    from rl_agent.exceptions import Problem, ProblemsError
    from rl_agent.learning.run_folder import holds_run

    given = options.given
    if options.out is not None and options.should_resume and holds_run(options.out):
        return resumed_config(options.out, given), options.out
    config = fresh_config(given)
    run_dir = options.out or Path("runs") / f"live-{slug(config.env)}"
    if holds_run(run_dir):
        if options.should_resume:
            return resumed_config(run_dir, given), run_dir
        message = "already holds a run; add --resume to go on with it, or choose another folder"
        raise ProblemsError(str(run_dir), [Problem("--out", message)])
    return config, run_dir
