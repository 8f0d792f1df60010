"""`HOST:PORT`, as people type it."""

from __future__ import annotations

import re
from typing import NamedTuple

from rl_agent.exceptions import Problem, ProblemsError

from .journal_sender import DEFAULT_PORT

DEFAULT_HOST = "127.0.0.1"
_FORM = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/\s]*))(?::(?P<port>\d{1,5}))?")


class Address(NamedTuple):
    """Where a learner listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, option: str) -> Address:
    """Return host and port; this machine and the usual port where one of them is left out.

    Args:
        text: `learner.example:7461`, `10.0.0.2`, `:7461`, `[fd00::2]:7461`.
        option: Who asks, for the error.

    Raises:
        ProblemsError: It is no address.
    """
    match = _FORM.fullmatch(text.strip())
    port = int(match["port"] or DEFAULT_PORT) if match else 0
    if match is None or not 1 <= port <= 65_535:
        message = f"expected HOST:PORT, for example 10.0.0.2:{DEFAULT_PORT}, got {text!r:.80}"
        raise ProblemsError("address", [Problem(option, message)])
    return Address(match["six"] or match["host"] or DEFAULT_HOST, port)
