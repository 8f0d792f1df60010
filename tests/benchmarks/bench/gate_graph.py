"""Twin, gate and recorder without a policy: the graph for whoever wants to play policy himself.

Takes the options of `surefoot up twin`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT."""
    from surefoot_nodes.environment import graph_environment
    from surefoot_nodes.up import UpOptions, make_config

    options = _parse(arguments)
    os.environ.update(graph_environment("twin", options.domain))
    from surefoot_nodes.graph import make_graph
    from surefoot_nodes.supervisor import Supervisor

    config = make_config(UpOptions(robot=options.robot, actor="zero", record=options.record))
    specs = [spec for spec in make_graph("twin", config) if spec.executable != "policy_node"]
    supervisor = Supervisor(specs, auto_arm=True, say=lambda line: print(line, flush=True))
    return supervisor.run()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gate_graph", description=__doc__)
    parser.add_argument("--robot", required=True)
    parser.add_argument("--domain", type=int, required=True)
    parser.add_argument("--record", type=Path)
    options, _ = parser.parse_known_args(arguments)
    return options


if __name__ == "__main__":
    sys.exit(main())
