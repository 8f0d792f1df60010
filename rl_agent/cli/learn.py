"""`surefoot learn`: the learner of robots that are on other machines. It needs no ROS."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .live_options import Algo, Config, Resume, Seed, Settings, Sign

if TYPE_CHECKING:
    from rl_agent.cli.display import Display
    from rl_agent.cli.live_record import Ending
    from rl_agent.learning.live_robot import LiveRobot
    from rl_agent.learning.remote_training import RemoteLearning
    from rl_agent.learning.stop import StopRequest
    from rl_agent.remote.address import Address
    from rl_agent.remote.shared_key import SharedKey
    from rl_agent.reporting.live_run import Words

LISTEN = "127.0.0.1:7461"
"""This machine, and the usual port."""


def learn_verb(
    env: Annotated[
        str | None, typer.Option(help="The robots' twin and task: sim:So101Reach-v0.")
    ] = None,
    listen: Annotated[
        str, typer.Option(help="HOST:PORT; any HOST but this machine itself needs --key.")
    ] = LISTEN,
    key: Annotated[
        Path | None, typer.Option(help="File that `surefoot keys link` made; robots have the same.")
    ] = None,
    algo: Algo = None,
    seed: Seed = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; default runs/learn-<id>.")
    ] = None,
    resume: Resume = False,
    config: Config = None,
    sign: Sign = None,
    settings: Settings = None,
) -> int:
    """Learn from robots on other machines, while they move; several may share one learner.

    A robot sends what it lives through, and gets each new version of the policy, over one
    connection that it makes itself: `surefoot live robot --learner HOST:PORT --key FILE`. It may
    come late, leave, lose its network: the robot goes on with what it has, keeps its steps on its
    own disk, and sends them later, each once. Robots of another kind, task or rate are refused, and
    told what differs. The key keeps everybody else out; it hides nothing. Where rows and policies
    must stay secret, listen on 127.0.0.1 and let the link run through ssh or a VPN.

    Ctrl-C leaves a whole checkpoint. --resume goes on from it, also after kill -9.

    Examples: `surefoot keys link link.key`, then `surefoot learn --env sim:So101Reach-v0 --listen
    10.0.0.2:7461 --key link.key`; `surefoot learn --resume --out runs/learn-So101Reach-v0 --listen
    10.0.0.2:7461 --key link.key`.
    """
    from rl_agent.learning.threads import wait_passively

    wait_passively()
    from rl_agent.remote.needs import insist_on_packages

    insist_on_packages()
    from rl_agent.cli.train_settings import (
        GivenOptions,
        fresh_config,
        insist_on_own,
        own_path,
        settle_run,
        with_settings,
    )
    from rl_agent.remote.address import parse_address
    from rl_agent.remote.shared_key import SharedKey, key_for

    address = parse_address(listen, "--listen")
    shared = SharedKey.load(key) if key is not None else None
    key_for(address.host, shared)  # before anything is written
    given = GivenOptions(env=env, algo=algo, seed=seed, config=config, sets=settings)
    train_config, run_dir = settle_run(
        given,
        out,
        "learn",
        should_resume=resume,
        begin=lambda options: fresh_config(with_settings(options, {"live.sign": own_path(sign)})),
    )
    insist_on_own(run_dir, "--sign", own_path(sign), train_config.live.sign)
    from rl_agent.learning.live_training import prepare_live_run
    from rl_agent.learning.remote_training import insist_on_copies

    insist_on_copies(run_dir)
    robot = prepare_live_run(train_config, run_dir)
    where = "" if str(address) == LISTEN else f" --listen {address}"
    where += " --key FILE" if shared is not None else ""
    return _learn(run_dir, address, shared, lambda last: _ending(run_dir, robot, where, last))


def _learn(
    run_dir: Path, address: Address, key: SharedKey | None, ending: Callable[[Words], Ending]
) -> int:
    from rl_agent.cli.display import open_display
    from rl_agent.learning.stop import StopRequest

    from .live_record import page_line

    with StopRequest() as stop, open_display(f"learning on {address} → {run_dir}") as display:
        last_look: list[tuple[str, str]] = []
        try:
            _run(run_dir, address, key, stop, display, last_look)
        finally:
            told = ending(last_look)
            display.say(page_line(run_dir, told))
            for why, what in told.next_steps:
                display.say(f"{why} {what}")
    return stop.exit_status


def _ending(run_dir: Path, robot: LiveRobot, where: str, last_look: Words) -> Ending:
    from rl_agent.learning.run_folder import robots_dir

    from .live_record import Ending

    folder = robots_dir(run_dir)
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return Ending(
        whom=f"{robot.robot}, elsewhere: {', '.join(names) or 'none came'}",
        task=robot.task,
        policy_hz=robot.policy_hz,
        last_look=last_look,
        next_steps=[
            ("Go on with:", f"surefoot learn --resume --out {run_dir}{where}"),
            ("Export the newest policy:", f"surefoot export {run_dir}"),
            ("How well is the learner?", f"surefoot health {run_dir}"),
        ],
    )


def _run(
    run_dir: Path,
    address: Address,
    key: SharedKey | None,
    stop: StopRequest,
    display: Display,
    last_look: list[tuple[str, str]],
) -> None:
    """Learn until a stop is asked for; `last_look` holds what the panel shows."""
    from rl_agent.cli.learn_panel import rows
    from rl_agent.learning.live_learner import LiveState
    from rl_agent.learning.live_training import LiveHooks
    from rl_agent.learning.remote_training import open_remote

    learning: list[RemoteLearning] = []

    def show(state: LiveState) -> None:
        last_look[:] = rows(state, learning[0].robots(), run_dir)
        display.show(last_look)

    hooks = LiveHooks(
        should_stop=lambda: stop.is_set,
        wait=time.sleep,
        on_message=display.say,
        on_state=show,
    )
    with open_remote(run_dir, address, key, hooks) as opened:
        learning.append(opened)
        display.say(f"listening on {address}")
        opened.learner.run()
