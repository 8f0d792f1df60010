"""`surefoot live twin`, but policy and learner note when each transition passed them by.

Takes the same options; the environment's SUREFOOT_STAMPS names the folder for the notes.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

STAMPED = ("policy_node", "learner_node")


def main() -> int:
    """Run until SIGINT."""
    from rl_agent.cli.main import main as surefoot
    from surefoot_nodes import supervisor

    node_command = supervisor.node_command

    def stamped(spec: Any, *words: str) -> list[str]:
        is_stamped = spec.executable in STAMPED
        return node_command(replace(spec, package="bench.stamped") if is_stamped else spec, *words)

    supervisor.node_command = stamped
    sys.argv = ["surefoot", "live", "twin", *sys.argv[1:]]
    return surefoot()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
