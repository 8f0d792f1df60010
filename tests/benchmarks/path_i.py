"""Are the processes on the robot small, and free of torch? Asked of the running ones."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.driving import graph_options
from bench.figure import Figure, at_most, equal
from bench.processes import child_running, mapped_files, memory_mb

from surefoot_nodes.graph_process import GraphProcess

MEGABYTES = 150.0
NODES = ("policy_node", "safety_node")


def measure(context: Context) -> Iterator[Figure]:
    """Yield memory and mapped torch files of both nodes after some reaches."""
    with GraphProcess(graph_options(context, "memory", "policy")) as graph:
        list(graph.reach(context.repeats(10, 3), context.target_seed))
        for node in NODES:
            pid = child_running(graph.child.pid, f"surefoot_nodes.{node}")
            if pid is None:
                raise RuntimeError(f"{node} is not running")
            resident, peak = memory_mb(pid)
            detail = f"VmHWM of the process; resident now {resident:.0f} MB"
            yield at_most(f"path-i.{node}_memory", peak, MEGABYTES, "MB", detail)
            torch = mapped_files(pid, "torch")
            words = f"of {len(mapped_files(pid, ''))} mapped files; {', '.join(torch[:3])}"
            yield equal(f"path-i.{node}_torch", len(torch), 0, "files", words)
