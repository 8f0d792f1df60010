"""One training of a trial, in a process of its own: `python -m rl_agent.tuning.worker RUN_DIR`.

The settings stand in the run's folder. It goes on from the newest checkpoint, or begins.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rl_agent.exceptions import SurefootError, TrainingDivergedError

DIVERGED = 3
"""Exit status of a training whose settings made it diverge; 2 is any other mistake."""


def main(run_dir: Path) -> int:
    """Train; return 0 at the end, `DIVERGED`, 2 for a mistake, or what a signal makes of it."""
    from rl_agent.learning.threads import wait_passively

    wait_passively()
    from rl_agent.learning.run_folder import read_config
    from rl_agent.learning.stop import StopRequest
    from rl_agent.learning.training import TrainHooks, train

    hooks = TrainHooks(on_message=lambda message: print(message, flush=True))
    try:
        with StopRequest() as stop:
            config = read_config(run_dir)
            result = train(config, run_dir, should_resume=True, stop=stop, hooks=hooks)
    except TrainingDivergedError as error:
        print(error, file=sys.stderr)
        return DIVERGED
    except SurefootError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if result.is_finished else stop.exit_status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
