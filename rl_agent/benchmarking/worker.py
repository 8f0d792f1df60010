"""A process that does one run: `python -m rl_agent.benchmarking.worker RUN_DIR`.

It resumes what is there; JSON lines on stdout tell how it goes. On SIGINT or SIGTERM it ends with a
whole checkpoint.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rl_agent.exceptions import SurefootError
from rl_agent.learning.evaluate import EvaluationInterruptedError
from rl_agent.learning.progress import Progress
from rl_agent.learning.stop import StopRequest
from rl_agent.learning.training import TrainHooks, prepare_torch, train

from .code_version import code_version, note_version
from .final import write_final
from .job import Job, read_job

Tell = Callable[[Mapping[str, Any]], None]


def work(job: Job, stop: StopRequest, tell: Tell) -> bool:
    """Train and try out; return whether that was done to its end.

    Raises:
        SurefootError: The run can't be done; the message says why.
    """
    note_version(job.run_dir, code_version())
    hooks = TrainHooks(
        on_progress=lambda progress: tell(_progress(progress)),
        on_message=lambda message: tell({"message": message}),
    )
    result = train(job.config, job.run_dir, should_resume=True, stop=stop, hooks=hooks)
    if not result.is_finished:
        return False
    tell({"message": "last evaluation"})
    prepare_torch(job.config.agent.num_threads)
    try:
        write_final(job, lambda: stop.is_set, hooks.on_message)
    except EvaluationInterruptedError:
        return False
    return True


def _progress(progress: Progress) -> dict[str, Any]:
    newest = progress.newest_evaluation
    return {
        "env_step": progress.env_step,
        "num_steps": progress.num_steps,
        "mean_return": progress.mean_return,
        "evaluation": None if newest is None else newest.mean_return,
        "steps_per_s": progress.rates.steps_per_s,
        "time_left_s": progress.rates.time_left_s,
    }


def _tell(values: Mapping[str, Any]) -> None:
    print(json.dumps(values), flush=True)


def main(run_dir: Path) -> int:
    """Do the run; return 0 if finished, 2 for a mistake that was told, else the signal's status."""
    with StopRequest() as stop:
        try:
            return 0 if work(read_job(run_dir), stop, _tell) else stop.exit_status
        except SurefootError as error:
            _tell({"error": str(error)})
            return 2
        except (KeyboardInterrupt, BrokenPipeError):
            return stop.exit_status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
