"""`surefoot live`: learning on the robot, or on its twin in the robot's place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from rl_agent.cli.live_options import Algo, Config, Resume, Seed, Settings, Sign

from .cli import (
    BLACKBOX,
    GOAL_PERIOD_S,
    SPEEDS,
    Blackbox,
    Domain,
    GoalPeriod,
    HasTeleop,
    IsLockstep,
    LogLevel,
    Namespace,
    NoBlackbox,
    Params,
    Record,
    Speed,
    up_options,
)

app = typer.Typer(
    help="Learn on the robot while it moves: policy, gate and learner, each a process.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Env = Annotated[
    str | None,
    typer.Option(help="The robot's twin and task, as for `surefoot train`: sim:So101Reach-v0."),
]
Out = Annotated[Path | None, typer.Option(help="The run's folder; default runs/live-<id>.")]
Learner = Annotated[
    str, typer.Option(help="HOST:PORT of `surefoot learn` on another machine; empty: learn here.")
]
Key = Annotated[
    Path | None, typer.Option(help="File that `surefoot keys link` made, for --learner.")
]
RobotId = Annotated[
    str, typer.Option(help="Name for --learner; default: the run's, or this machine's.")
]
Reset = Annotated[
    str | None,
    typer.Option(
        help="Between two episodes, never learned from: none; start or random: a slow motion to "
        "there; human: rest until g is pressed; backward: every other goal leads back to the start."
    ),
]
Judge = Annotated[
    str | None,
    typer.Option(
        help="Who says what a success is: task; human: press y for a success, n for a failure; or "
        "a file by `surefoot judge fit`. All but the task give a reward of 1 for success alone."
    ),
]
Minutes = Annotated[float, typer.Option(min=0.0, help="Minutes of robot time; 0: until Ctrl-C.")]


@app.command("twin")
def live_twin(
    env: Env = None,
    minutes: Minutes = 0.0,
    algo: Algo = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    config: Config = None,
    settings: Settings = None,
    learner: Learner = "",
    key: Key = None,
    robot_id: RobotId = "",
    reset: Reset = None,
    judge: Judge = None,
    sign: Sign = None,
    goal_period_s: GoalPeriod = GOAL_PERIOD_S,
    auto_arm: Annotated[
        bool, typer.Option("--arm/--no-arm", help="Arm the gate once everything runs.")
    ] = True,
    speed: Speed = SPEEDS["twin"],
    has_teleop: HasTeleop = False,
    is_lockstep: IsLockstep = False,
    record: Record = None,
    blackbox: Blackbox = BLACKBOX,
    no_blackbox: NoBlackbox = False,
    params: Params = None,
    namespace: Namespace = "",
    domain: Domain = None,
    log_level: LogLevel = "warn",
) -> int:
    """Learn on the MuJoCo twin, over ROS and in real time, exactly as on hardware.

    The policy acts at its rate, and every step goes to a journal in the run's folder. A learner, a
    niced process of its own, trains on it and publishes versions; each runs in shadow first, is
    blended in, and is given up by itself if it does worse. The robot needs no learner to go on.
    Ctrl-C brakes and ends everything; nothing is lost, and --resume goes on.

    With --learner nobody learns here: steps go to `surefoot learn` on another machine, and versions
    come back. While there is no network the robot goes on with what it has, and its journal waits
    on its own disk.

    Examples: `surefoot live twin --env sim:So101Reach-v0 --minutes 5`, and with a learner
    elsewhere `surefoot live twin --env sim:So101Reach-v0 --learner 10.0.0.2:7461 --key link.key`.
    """
    return _run("twin", locals())


@app.command("robot")
def live_robot(
    env: Env = None,
    minutes: Minutes = 0.0,
    algo: Algo = None,
    seed: Seed = None,
    out: Out = None,
    resume: Resume = False,
    config: Config = None,
    settings: Settings = None,
    learner: Learner = "",
    key: Key = None,
    robot_id: RobotId = "",
    reset: Reset = None,
    judge: Judge = None,
    sign: Sign = None,
    goal_period_s: GoalPeriod = GOAL_PERIOD_S,
    speed: Speed = SPEEDS["robot"],
    has_teleop: HasTeleop = False,
    record: Record = None,
    blackbox: Blackbox = BLACKBOX,
    no_blackbox: NoBlackbox = False,
    params: Params = None,
    namespace: Namespace = "",
    domain: Domain = None,
    log_level: LogLevel = "warn",
) -> int:
    """Learn on a real robot, whose driver and controller run already. Arm it from another terminal.

    It begins at a quarter of its speed. Random actions come first: clear the space around it, and
    keep a hand on its own e-stop. Space stops at once; `surefoot stop`, `reset` and `arm` work as
    ever, and what happens while it is stopped is not learned from.

    With --learner nobody learns here, and PyTorch is not needed: steps go to `surefoot learn` on
    another machine, and versions come back. Without a network it goes on with what it has.
    """
    return _run("robot", {**locals(), "auto_arm": False})


def _run(kind: Literal["twin", "robot"], values: dict[str, Any]) -> int:
    from rl_agent.learning.threads import wait_passively

    wait_passively()
    from rl_agent.cli.train_settings import GivenOptions

    from .elsewhere import make_elsewhere
    from .live import LiveOptions, run_live
    from .up import UpOptions

    given = GivenOptions(
        env=values.pop("env"),
        algo=values.pop("algo"),
        seed=values.pop("seed"),
        config=values.pop("config"),
        sets=values.pop("settings"),
    )
    elsewhere = make_elsewhere(values.pop("learner"), values.pop("key"), values.pop("robot_id"))
    out, should_resume = values.pop("out"), values.pop("resume")
    minutes, sign = values.pop("minutes"), values.pop("sign")
    reset, judge = values.pop("reset"), values.pop("judge")
    up = UpOptions(**up_options(values))
    options = LiveOptions(
        given=given,
        out=out,
        should_resume=should_resume,
        minutes=minutes,
        up=up,
        elsewhere=elsewhere,
        reset=reset,
        judge=judge,
        sign=sign,
    )
    return run_live(kind, options)
