"""train.launch.py: `surefoot live` as one process, and an argument for each of its options.

It is the same command, not the same graph put together once more: only so it waits for the learner,
gets a fallen quadruped up, and says at its end what became of the run.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from .launch_argument import Argument, is_true
from .launching import own_python

TWIN = Argument("twin", "true", "The twin in the robot's place; false: the robot's driver runs.")
NAMES = {
    "settings": "set",
    "params": "params_file",
    "has_teleop": "teleop",
    "is_lockstep": "lockstep",
}
"""Where the name of an option's parameter is not what the other launch files call it."""
OWN_WORDS = {
    "set": "Settings, with spaces between them: set:='live.publish_every_s=10 agent.utd_ratio=2'.",
    "speed": "Share of the velocity limits to begin with; empty: 1.0 for a twin, 0.25 otherwise.",
    "blackbox": "Folder for the last 10 s before each trip; empty: none.",
}
END_S = "60"
"""How long launch waits before it ends us by force: a checkpoint and a braking robot come first."""


def train_arguments() -> list[Argument]:
    """Return one argument per option, and whether a twin stands in the robot's place."""
    return [TWIN, *(_argument(name, option) for name, option in _options())]


def train_command(values: Mapping[str, str]) -> list[str]:
    """Return the command line for the arguments' values; what is its default is left out."""
    kind: Literal["twin", "robot"] = "twin" if is_true(values["twin"]) else "robot"
    command = [own_python(), "-m", "rl_agent.cli.main", "live", kind]
    for name, option in _options():
        if values[name] != _argument(name, option).default:
            command += _words(option, values[name])
    return command


def make_train_action(values: Mapping[str, str]) -> Any:
    """Return the action that runs it; launch ends with it."""
    from launch.actions import ExecuteProcess, Shutdown

    return ExecuteProcess(
        cmd=train_command(values),
        name="surefoot_live",
        output="screen",
        sigterm_timeout=END_S,
        # Signalled alone in a terminal, launch sends no SIGINT: SIGTERM is then our first word.
        sigkill_timeout=END_S,
        on_exit=Shutdown(reason="surefoot live has ended"),
    )


def _options() -> Iterator[tuple[str, Any]]:
    """Yield the options of `surefoot live twin`, by the name of their argument."""
    import typer

    from .live_cli import app

    live: Any = typer.main.get_command(app)
    for option in live.commands["twin"].params:
        # An empty blackbox says the same.
        if option.name != "no_blackbox":
            yield NAMES.get(option.name, option.name), option


def _argument(name: str, option: Any) -> Argument:
    default = "" if option.default is None or name == "speed" else str(option.default)
    text = default.lower() if option.is_flag else default
    return Argument(name, text, OWN_WORDS.get(name) or option.help)


def _words(option: Any, value: str) -> list[str]:
    flag = option.opts[0]
    if option.is_flag:
        return [flag] if is_true(value) else option.secondary_opts[:1]
    return [f"{flag}={part}" for part in (shlex.split(value) if option.multiple else [value])]
