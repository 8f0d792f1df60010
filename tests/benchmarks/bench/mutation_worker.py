"""Runs the tests against mutants: `python mutation_worker.py < JOBS`, a process of its own.

Reads JSON lines {"module", "path", "source", "tests"} and answers each with {"index", "outcome"}.
Whatever does not change was imported once before; each mutant gets a fork, in which the module is
made from the mutant's source, as if the file of the tree held it. No file is ever written.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any

PRELOADED = (
    "numpy",
    "daqp",
    "mujoco",
    "mujoco.rollout",
    "pydantic",
    "yaml",
    "hypothesis",
    "hypothesis.stateful",
    "pytest",
    "pytest_timeout",
    "_hypothesis_pytestplugin",
    "_pytest.assertion.rewrite",
    "_pytest.python",
    "rl_agent.robots.profile",
)
TIME_LIMIT_S = 40
"""Of processor time: a mutant must not count as noticed because the machine was busy."""
STUCK_S = 600
"""Of any time: one may wait for what never comes."""
MEMORY_LIMIT = 8 << 30
SURVIVED, FAILED, BROKEN = 0, (1, 2), "broken"
MUTATED_ROOM = "rl_agent.safety."


class MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Makes one module from another source than its file's."""

    def __init__(self, module: str, path: str, source: str) -> None:
        self._module, self._path, self._source = module, path, source

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module."""
        del path, target
        if fullname != self._module:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=self._path)

    def get_source(self, fullname: str) -> str:
        """Return the mutant, which the base class compiles and runs."""
        del fullname
        return self._source

    def is_package(self, fullname: str) -> bool:
        """Tell that it is none."""
        del fullname
        return False


def preload() -> None:
    """Import what every run needs, and nothing that could be mutated.

    Raises:
        RuntimeError: Something that can be mutated came along.
    """
    for name in PRELOADED:
        importlib.import_module(name)
    loaded = [name for name in sys.modules if name.startswith(MUTATED_ROOM)]
    if loaded:
        raise RuntimeError(f"{loaded} were imported before they could be mutated")


def run_job(job: dict[str, Any]) -> int:
    """Run a mutant's tests in this process; return pytest's status."""
    import pytest

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    # Not pytest's own time limit: a mutant may hang where no Python code runs.
    limit_s = job.get("time_limit_s", TIME_LIMIT_S)
    for timer, number, seconds in (
        (signal.ITIMER_PROF, signal.SIGPROF, limit_s),
        (signal.ITIMER_REAL, signal.SIGALRM, STUCK_S),
    ):
        signal.signal(number, signal.SIG_DFL)
        signal.setitimer(timer, seconds)
    if job["source"] is not None:
        sys.meta_path.insert(0, MutantFinder(job["module"], job["path"], job["source"]))
    return int(pytest.main([*job["tests"], *OPTIONS]))


OPTIONS = (
    "-x",
    "-q",
    "--noconftest",
    "--no-header",
    "--timeout=0",
    # They were imported once for all mutants.
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-p",
    "pytest_timeout",
    "-p",
    "_hypothesis_pytestplugin",
    "-p",
    "no:cacheprovider",
    "-m",
    "not slow and not ros",
)


def start(job: dict[str, Any]) -> int:
    """Fork for a job; return the child's id."""
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        log = os.open(job.get("log", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        status = run_job(job)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def outcome(status: int) -> str:
    """Return what a child's wait status says about its mutant."""
    if os.WIFSIGNALED(status):
        is_late = os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM)
        return "killed by time" if is_late else "killed by crash"
    code = os.waitstatus_to_exitcode(status)
    if code == SURVIVED:
        return "survived"
    return "killed" if code in FAILED else f"{BROKEN} ({code})"


def run_all(jobs: Sequence[dict[str, Any]], num_processes: int) -> None:
    """Run all jobs, some at a time, and print their outcomes as they come."""
    running: dict[int, tuple[int, float]] = {}
    waiting = list(enumerate(jobs))[::-1]
    while waiting or running:
        while waiting and len(running) < num_processes:
            index, job = waiting.pop()
            running[start(job)] = (index, time.monotonic())
        pid, status = os.wait()
        index, started = running.pop(pid)
        answer = {
            "index": index,
            "outcome": outcome(status),
            "seconds": time.monotonic() - started,
        }
        print(json.dumps(answer), flush=True)


def main() -> int:
    """Serve standard input."""
    # Others' plugins (ROS brings some) only take time.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    jobs = [json.loads(line) for line in sys.stdin]
    preload()
    run_all(jobs, int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
