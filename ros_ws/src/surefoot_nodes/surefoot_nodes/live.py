"""What `surefoot live` does: a robot or its twin acts, and a learner beside it makes it better."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from .up import UpOptions, make_config, run_graph

if TYPE_CHECKING:
    from rl_agent.cli.train_settings import GivenOptions
    from rl_agent.exploration.exploring import Exploring
    from rl_agent.interface.resets import ResetName
    from rl_agent.learning.config import TrainConfig
    from rl_agent.learning.live_robot import LiveRobot

    from .elsewhere import LearnerOptions
    from .graph import Link
    from .supervisor import Onlooker


@dataclass(frozen=True, kw_only=True)
class LiveOptions:
    """The options of `surefoot live`."""

    given: GivenOptions
    out: Path | None
    should_resume: bool
    minutes: float
    up: UpOptions
    elsewhere: LearnerOptions | None = None
    """Where the learner is; None for a process of the same graph."""
    reset: str | None = None
    """None takes the run's setting, live.reset."""
    judge: str | None = None
    sign: Path | None = None
    """The private key of the learner's versions."""


def run_live(kind: Literal["twin", "robot"], options: LiveOptions) -> int:
    """Begin a live run or go on with one, until Ctrl-C or the time is over; return the status.

    Raises:
        SurefootError: A mistake in what was asked for; nothing was started.
    """
    from rl_agent.cli.display import open_display
    from rl_agent.learning.live_kind import keep_kind

    from .episode_keys import EpisodeKeys
    from .getting_up import GettingUp
    from .live_end import closing_lines
    from .live_panel import LivePanel

    up = prepare(options)
    assert up.run is not None
    keep_kind(up.run, kind)
    with open_display(f"{up.robot}, {up.task} → {up.run}") as display:
        panel = LivePanel(display, up.run, up.policy_hz, options.minutes)
        helpers: list[Onlooker] = [EpisodeKeys(display.say, reset=up.reset, judge=up.judge)]
        if kind == "twin" and up.auto_arm:
            helpers.append(GettingUp(display.say))
        onlookers = [panel, *helpers]
        waits = panel.wait_for_learner if up.link is None else None
        try:
            return run_graph(kind, up, say=display.say, onlookers=onlookers, before_arming=waits)
        finally:
            for line in closing_lines(kind, up, panel.last_rows):
                display.say(line)


def prepare(options: LiveOptions) -> UpOptions:
    """Begin a run's folder, or look into one that is to go on; return what its graph is told.

    Raises:
        SurefootError: A mistake in what was asked for.
    """
    from rl_agent.cli.train_settings import fresh_config, settle_run

    _insist_on_learner_to_wait_for(options)
    config, run_dir = settle_run(
        options.given,
        options.out,
        "live",
        should_resume=options.should_resume,
        begin=lambda given: fresh_config(_with_own(options, given)),
        go_on=lambda folder, given: _resumed(options, folder, given),
    )
    _insist_on_own_journal(run_dir)
    _insist_on_twin(config)
    exploring = _exploring(config)
    link = None
    if options.elsewhere is not None:
        from rl_agent.remote.needs import insist_on_packages

        insist_on_packages()
        from .remote_live import make_link

        link = make_link(options.elsewhere, run_dir, config.live.keep_versions)

    seed = _seed(config, run_dir, link)

    def graph_of(robot: LiveRobot) -> UpOptions:
        return replace(
            options.up,
            robot=robot.robot,
            task=robot.task,
            actor="live",
            policy_hz=robot.policy_hz,
            seed=seed,
            run=run_dir,
            link=link,
            exploring=exploring,
            journal=config.journal,
            **(_lockstep(config, robot, options.minutes) if options.up.is_lockstep else {}),
            reset=config.live.reset,
            judge=robot.judge,
        )

    def check(robot: LiveRobot) -> object:
        return make_config(graph_of(robot))

    if link is None:
        _insist_on_torch()
        from rl_agent.learning.live_training import prepare_live_run

        return graph_of(prepare_live_run(config, run_dir, check))
    from .remote_live import prepare_remote_run

    return graph_of(prepare_remote_run(config, run_dir, link, check))


def _seed(config: TrainConfig, run_dir: Path, link: Link | None) -> int:
    """Return what goals, resets and exploration of this session are drawn from.

    With the run's own seed each session, and each robot of one learner, would draw the same again.
    Where it begins, a run on one machine has its own: in lock-step that alone says what comes.

    Raises:
        JournalError: The run's journal does not hold.
    """
    from rl_agent.data.journal_segment import count_records
    from rl_agent.learning.run_folder import journal_dir

    from .seeds import derive_seed

    num_steps = count_records(journal_dir(run_dir))
    if link is None:
        return derive_seed(config.seed, num_steps) if num_steps else config.seed
    return derive_seed(config.seed, num_steps, zlib.crc32(link.robot_id.encode()))


def _exploring(config: TrainConfig) -> Exploring:
    """Return how the policy's process explores.

    Raises:
        ProblemsError: It cannot, in the way that was asked for.
    """
    from rl_agent.exceptions import Problem, ProblemsError
    from rl_agent.exploration.exploring import Exploring

    agent = config.agent
    if agent.exploration == "gsde":
        message = "gsde needs what the actor's last layer sees, which no exported policy tells"
        message += "; on a live robot take pink or ou, which push one way for long as well"
        raise ProblemsError("surefoot live", [Problem("agent.exploration", message)])
    return Exploring(
        exploration=agent.exploration,
        exploration_theta=agent.exploration_theta,
        exploration_horizon=agent.exploration_horizon,
        is_noise_last=agent.is_noise_last,
        random_hold=config.random_hold,
        explore_until=config.live.explore_until,
    )


def _lockstep(config: TrainConfig, robot: LiveRobot, minutes: float) -> dict[str, Any]:
    """Return where the robot waits for its learner, step by step, and where it ends."""
    steps_per_version = config.live.publish_every_s * robot.policy_hz
    return {
        "meet_every": max(1, math.ceil(steps_per_version - 1e-6)),
        "num_steps": round(60.0 * minutes * robot.policy_hz),
    }


def _with_own(options: LiveOptions, given: GivenOptions) -> GivenOptions:
    """Return what was given, with our own options as the settings that they stand for."""
    from rl_agent.cli.train_settings import own_path, with_settings

    own = {"live.judge": _judge(options), "live.sign": own_path(options.sign)}
    return with_settings(given, {"live.reset": options.reset, **own})


def _judge(options: LiveOptions) -> str | None:
    """Return the judge that was asked for, as a run's settings keep it."""
    from rl_agent.cli.train_settings import own_path
    from rl_agent.judging.judge import HUMAN, TASK

    judge = options.judge
    return judge if judge in (None, TASK, HUMAN) else own_path(Path(str(judge)))


def _resumed(options: LiveOptions, run_dir: Path, given: GivenOptions) -> TrainConfig:
    """Return a run's settings; episodes may be reset in another way than before."""
    from rl_agent.cli.train_settings import insist_on_own, own_path, resumed_config
    from rl_agent.exceptions import Problem, ProblemsError

    config = resumed_config(run_dir, given)
    insist_on_own(run_dir, "--sign", own_path(options.sign), config.live.sign)
    if _judge(options) not in (None, config.live.judge):
        message = f"this run was begun with {config.live.judge!r}; its rewards keep their meaning"
        raise ProblemsError(str(run_dir), [Problem("--judge", message)])
    if options.reset is None:
        return config
    return replace(config, live=replace(config.live, reset=cast("ResetName", options.reset)))


def _insist_on_learner_to_wait_for(options: LiveOptions) -> None:
    """Refuse lock-step with a learner elsewhere, who tells nobody here how far it is."""
    from rl_agent.exceptions import Problem, ProblemsError

    if options.up.is_lockstep and options.elsewhere is not None:
        message = "waits for a learner of the same graph, step by step, and a network's times are"
        message += " never the same twice; leave out --lockstep or --learner"
        raise ProblemsError("surefoot live", [Problem("--lockstep", message)])


def _insist_on_twin(config: TrainConfig) -> None:
    """Refuse an id that the learner's process could not open: it imports only what the id names."""
    from sim.twins import robot_and_task

    module, separator, _ = config.env.partition(":")
    if not separator or module == "sim":
        robot_and_task(config.env, config.env_options)


def _insist_on_torch() -> None:
    """Refuse to learn on a robot's computer that was set up without PyTorch."""
    from importlib.util import find_spec

    from rl_agent.exceptions import Problem, ProblemsError

    if find_spec("torch") is None:
        message = "learning on this machine needs PyTorch: pip install 'surefoot[train]'; or learn"
        message += " on another one (`surefoot learn` there) and give its HOST:PORT here"
        raise ProblemsError("surefoot live", [Problem("--learner", message)])


def _insist_on_own_journal(run_dir: Path) -> None:
    """Refuse a folder whose journal is put together from robots' copies, and cut at times."""
    from rl_agent.exceptions import Problem, ProblemsError
    from rl_agent.learning.run_folder import robots_dir

    if robots_dir(run_dir).exists():
        message = "is a run of `surefoot learn`, whose robots are elsewhere; choose another folder"
        raise ProblemsError(str(run_dir), [Problem("--out", message)])
