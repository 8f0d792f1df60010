"""The policy's process, which notes when each transition was handed to its journal."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from rl_agent.data.journal_thread import JournalThread
from rl_agent.types import Transition
from surefoot_nodes import policy_node

FOLDER = "SUREFOOT_STAMPS"
NAME = "handed_over"


def main() -> int:
    """Run it."""
    file = (Path(os.environ[FOLDER]) / NAME).open("a", buffering=1, encoding="utf-8")
    put = JournalThread.put

    def stamped(self: JournalThread, transition: Transition) -> bool:
        now_s = time.monotonic()
        is_taken = put(self, transition)
        file.write(f"{now_s} {int(is_taken)}\n")
        return is_taken

    JournalThread.put = stamped  # type: ignore[method-assign]
    return policy_node.main()


if __name__ == "__main__":
    sys.exit(main())
