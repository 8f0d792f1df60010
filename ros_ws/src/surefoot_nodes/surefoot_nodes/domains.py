"""A ROS domain that nobody on this machine uses, by the UDP ports that RTPS prescribes for it."""

from __future__ import annotations

import socket
from collections.abc import Sequence

PORT_BASE, DOMAIN_GAIN, UNICAST_OFFSET = 7400, 250, 10
"""RTPS 2.3, section 9.6.1.1: the port of a domain's first participant."""
NUM_PORTS = 20
"""Two per participant; the first ten are looked at."""


def is_in_use(domain: int) -> bool:
    """Tell whether a participant on this machine has taken a port of this domain."""
    first = PORT_BASE + DOMAIN_GAIN * domain + UNICAST_OFFSET
    return any(_is_taken(port) for port in range(first, first + NUM_PORTS))


def free_domain(candidates: Sequence[int]) -> int:
    """Return the first domain that nobody uses; the first one of all if there is none."""
    return next((domain for domain in candidates if not is_in_use(domain)), candidates[0])


def _is_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # RTPS listens on all addresses. Nothing is received here: it is closed again at once.
            probe.bind(("0.0.0.0", port))  # noqa: S104
        except OSError:
            return True
    return False
