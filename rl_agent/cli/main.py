"""The `surefoot` command: its verbs come from the entry-point group `surefoot.verbs`."""

from __future__ import annotations

import copy
import errno
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import typer

from rl_agent.exceptions import SurefootError

HELP = """Take a robot from trained in a twin to learning on the hardware, behind one safety gate.

First steps: `surefoot demo` (an arm learns to reach and is driven over ROS 2),
`surefoot robot check so101`, `surefoot train --help`.
"""

_MAKE_ROOM = "make room there, or let it write elsewhere, then run the command again"
REMEDIES = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EROFS: "let it write elsewhere",
    errno.EACCES: "see whose it is, or let it write elsewhere",
}
"""For what is the machine's fault, by errno: a trace would tell nobody anything."""


def build_app() -> typer.Typer:
    """Return the command with every installed verb.

    A dotted name, `robot.jog`, goes below another room's verb, which does not know of it.
    """
    app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
    groups: dict[str, typer.Typer] = {}
    # A group's name comes before those of its own verbs.
    for entry_point in sorted(entry_points(group="surefoot.verbs"), key=lambda e: e.name):
        parent, _, name = entry_point.name.rpartition(".")
        verb = entry_point.load()
        if isinstance(verb, typer.Typer):
            groups[entry_point.name] = verb = _own_copy(verb)
            app.add_typer(verb, name=entry_point.name)
        elif not parent:
            app.command(name)(verb)
        elif parent in groups:
            groups[parent].command(name)(verb)
    return app


def _own_copy(group: typer.Typer) -> typer.Typer:
    """Return the group with a list of verbs of its own, so that the room's stays as it is."""
    own = copy.copy(group)
    own.registered_commands = list(group.registered_commands)
    return own


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return 0, 2 for a user's mistake, 130 when interrupted."""
    try:
        result = build_app()(args=list(argv) if argv is not None else None, standalone_mode=False)
    except SurefootError as error:
        print(f"surefoot: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("surefoot: interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in REMEDIES:
            raise
        print(f"surefoot: {_trouble(error)}", file=sys.stderr)
        return 2
    except (
        Exception
    ) as error:  # click's own errors carry their exit status; all others keep their trace
        return _click_status(error)
    return result if isinstance(result, int) else 0


def _trouble(error: OSError) -> str:
    where = f": {os.fsdecode(error.filename)}" if error.filename is not None else ""
    return f"{error.strerror}{where}; {REMEDIES[error.errno or 0]}"


def _click_status(error: Exception) -> int:
    if not hasattr(error, "exit_code"):
        raise error
    if hasattr(error, "show"):
        error.show()
    elif type(error).__name__ == "Abort":
        return 130
    return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
