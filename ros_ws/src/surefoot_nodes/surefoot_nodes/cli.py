"""Verbs of this room: `surefoot up` and, from another terminal, `surefoot arm | stop | reset`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

up = typer.Typer(
    help="Start policy, gate and, for a twin, the simulated robot, each as a ROS 2 process.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Robot = Annotated[str, typer.Option(help="A shipped robot's name, or a profile's YAML file.")]
Bundle = Annotated[
    Path | None,
    typer.Option(
        help="Folder of an exported policy. Without one, a damped-least-squares controller."
    ),
]
Actor = Annotated[str, typer.Option(help="Who acts: onnx, dls, random, zero; none: no policy.")]
Task = Annotated[
    str, typer.Option(help="reach, swing_up or module:Class; from the bundle if given.")
]
PolicyHz = Annotated[float, typer.Option(help="Proposals per second; 0: bundle's or profile's.")]
Domain = Annotated[int | None, typer.Option(help="ROS_DOMAIN_ID of the graph.")]
Namespace = Annotated[str, typer.Option(help="ROS namespace of the robot.")]
Params = Annotated[Path | None, typer.Option(help="Parameter file, in ROS's own form.")]
GoalPeriod = Annotated[
    float, typer.Option("--goal-period", help="Seconds between random goals; 0 for none.")
]
Record = Annotated[Path | None, typer.Option(help="New folder to record all topics into (MCAP).")]
Blackbox = Annotated[
    str,
    typer.Option(
        "--blackbox",
        help="Folder for the last 10 s before each trip of the gate; see `surefoot explain`.",
    ),
]
NoBlackbox = Annotated[
    bool, typer.Option("--no-blackbox", help="Keep none; so does an empty --blackbox.")
]
BLACKBOX = "runs/blackbox"
LogLevel = Annotated[str, typer.Option(help="debug, info, warn or error.")]
Seed = Annotated[int, typer.Option(help="Of goals and random actions.")]
SPEEDS = {"twin": "1.0", "robot": "0.25"}
"""Defaults of --speed."""
GOAL_PERIOD_S = 4.0
"""Default of --goal-period, where somebody is to make goals."""
Speed = Annotated[
    str, typer.Option(help="Share of the velocity limits to begin with: 0.25 or 25%.")
]
HasTeleop = Annotated[
    bool, typer.Option("--teleop", help="Let a joystick take over (topic joy, button held).")
]
IsLockstep = Annotated[
    bool,
    typer.Option(
        "--lockstep",
        help="The twin's time waits for everybody: repeatable by its seed, as fast as can be.",
    ),
]


def up_options(values: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `UpOptions`: the parameters' names, but for what turns one off."""
    blackbox = "" if values.pop("no_blackbox") else values["blackbox"]
    return {**values, "blackbox": blackbox}


@up.command("twin")
def up_twin(
    robot: Robot = "so101",
    bundle: Bundle = None,
    actor: Actor = "",
    task: Task = "",
    policy_hz: PolicyHz = 0.0,
    goal_period_s: GoalPeriod = GOAL_PERIOD_S,
    seed: Seed = 0,
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
    """Drive the MuJoCo twin in the robot's place, and arm it: something moves.

    Runs on this machine only, in a ROS domain of its own (42 unless ROS_DOMAIN_ID or --domain says
    otherwise), and refuses to start where a real robot answers. Ctrl-C brakes and ends everything.

    Examples: `surefoot up twin`, `surefoot up twin --bundle runs/reach/bundle --policy-hz 20`.
    """
    options = up_options(locals())
    from .up import UpOptions, run_graph

    return run_graph("twin", UpOptions(**options))


@up.command("robot")
def up_robot(
    bundle: Bundle = None,
    robot: Robot = "so101",
    actor: Actor = "",
    task: Task = "",
    policy_hz: PolicyHz = 0.0,
    goal_period_s: GoalPeriod = 0.0,
    seed: Seed = 0,
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
    """Drive a real robot, whose driver and controller run already. Nothing moves before you arm it.

    It begins at a quarter of its speed; `surefoot speed 100%` allows all of it. From another
    terminal: `surefoot arm`, `surefoot stop`, `surefoot reset`. Space stops at once, Ctrl-C brakes
    and ends everything. The gate is no certified safety device: keep a hand on the robot's own
    e-stop.
    """
    options = up_options(locals())
    from .up import UpOptions, run_graph

    return run_graph("robot", UpOptions(**options))


@up.command("observe")
def up_observe(
    bundle: Bundle = None,
    robot: Robot = "so101",
    actor: Actor = "",
    task: Task = "",
    policy_hz: PolicyHz = 0.0,
    goal_period_s: GoalPeriod = 0.0,
    seed: Seed = 0,
    record: Record = None,
    params: Params = None,
    namespace: Namespace = "",
    domain: Domain = None,
    log_level: LogLevel = "warn",
) -> int:
    """Run the policy beside a robot that somebody else drives; publish what it would command.

    Look at it with any ROS tool on the topic observed_command. Nothing that it publishes is obeyed
    by anybody: there is no gate in this graph.
    """
    options = locals()
    from .up import UpOptions, run_graph

    return run_graph("observe", UpOptions(**options))


def stop(namespace: Namespace = "", domain: Domain = None) -> int:
    """Stop the robot now: brake, and stay stopped until reset and arm.

    Without --domain it stops every gate that it finds: the robot's and the twin's.
    """
    from .environment import insist_on_ros

    insist_on_ros()
    from .operator_calls import call_stop

    return call_stop(namespace, domain)


def reset(namespace: Namespace = "", domain: Domain = None) -> int:
    """Clear a latched stop. Moves nothing; arm is a separate step."""
    from .environment import insist_on_ros

    insist_on_ros()
    from .operator_calls import call_reset

    return call_reset(namespace, domain)


def speed(
    share: Annotated[str, typer.Argument(help="Share of the velocity limits: 0.25 or 25%.")],
    namespace: Namespace = "",
    domain: Domain = None,
) -> int:
    """Let the robot use this share of its velocity limits; it gets there gradually."""
    from .environment import insist_on_ros
    from .shares import read_share

    value = read_share(share)
    insist_on_ros()
    from .operator_calls import call_speed

    return call_speed(value, namespace, domain)


def arm(namespace: Namespace = "", domain: Domain = None) -> int:
    """Activate nodes that came back, and let the policy move the robot."""
    from .environment import insist_on_ros

    insist_on_ros()
    from .operator_calls import call_arm

    return call_arm(namespace, domain)
