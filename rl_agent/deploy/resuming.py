"""After a restart: a version that proved itself acts again at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .hot_swap import HotSwap
from .policy_store import PolicyStore
from .swap_log import proven, read_standings

MOST_TRIES = 4
"""As many versions as a hot swap keeps; each costs as much as a good one."""


def resume(swap: HotSwap, store: PolicyStore, log: Path, say: Callable[[str], None]) -> None:
    """Let the newest trusted version act; where none is or it does not hold, the newest that does.

    The store's current version may be one that was rolled back, or one that nobody has tried. A
    version that acted and was not judged yet would have nobody to fall back to, and nothing to be
    compared with. Where it is the store's current one it is offered again like any other.

    Args:
        swap: Fresh.
        store: Where versions lie.
        log: Of the swaps before the restart; need not be there.
        say: Is told why a version does not hold.
    """
    standings = read_standings(log)
    best = proven(standings)
    # Stable: behind the best one come all others, the newest first.
    for standing in sorted(standings, key=lambda other: other != best)[:MOST_TRIES]:
        try:
            policy = store.load_acting(standing)
        # As in a version watch: ONNX Runtime's errors are many, and an older version may hold.
        except Exception as error:
            say(f"version {standing.policy_version} acted before and does not now: {error}")
            continue
        is_only = len(standings) == 1
        swap.resume(policy, is_trusted=standing.is_trusted, is_only=is_only)
        return
