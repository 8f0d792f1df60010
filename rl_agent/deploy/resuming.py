"""After a restart: the newest version that acted and was not given up acts again at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .hot_swap import HotSwap
from .policy_store import PolicyStore
from .swap_log import read_standings

MOST_TRIES = 4
"""As many versions as a hot swap keeps; each costs as much as a good one."""


def resume(swap: HotSwap, store: PolicyStore, log: Path, say: Callable[[str], None]) -> None:
    """Let the newest version act that the log speaks well of, and that still holds.

    The store's current version may be one that was rolled back, or one that nobody has tried.

    Args:
        swap: Fresh.
        store: Where versions lie.
        log: Of the swaps before the restart; need not be there.
        say: Is told why a version does not hold.
    """
    for standing in read_standings(log)[:MOST_TRIES]:
        try:
            policy = store.load_acting(standing)
        # As in a version watch: ONNX Runtime's errors are many, and an older version may hold.
        except Exception as error:
            say(f"version {standing.policy_version} acted before and does not now: {error}")
            continue
        swap.resume(policy, is_trusted=standing.is_trusted)
        return
