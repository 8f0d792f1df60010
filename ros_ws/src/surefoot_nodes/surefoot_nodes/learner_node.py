"""The learner as a process: the robot's journal in, versions of a policy out: `LearnerNode`."""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from std_msgs.msg import String

from . import qos, realtime
from .node import GuardedNode, run

if TYPE_CHECKING:
    from rl_agent.learning.live_learner import LiveState

NAME = "learner_node"
JOIN_S = 10.0
"""A last checkpoint of a large network takes its time."""
BYTES_PER_GB = 1e9
FAILED = 1
"""Exit status after a mistake of ours, or where memory was short: to be started again."""
MOST_CHARS = 1000


class LearnerNode(GuardedNode):
    """Shell around `LiveLearner`: it knows files, no topics, so that it can neither block nor move.

    Publishes `learner_state` (JSON, transient local). Niced, one thread, bounded memory: the
    robot's loop must not notice it. Started again after a death, it goes on by itself, and soon:
    it imports while it is discovered and configured, and stands back once it has learned something.
    On a busy machine a niced process takes half a minute for PyTorch's import alone.
    What nobody thought of ends the process, so that it is started again; what learning itself
    decides ends learning, and `learner_state` says why under `ended`.
    """

    is_realtime = False
    is_background = True
    stands_back_late = True
    is_light = False
    """Gymnasium tells it of robot and task."""

    def __init__(self) -> None:
        threading.Thread(target=_import, name="import", daemon=True).start()
        super().__init__(NAME)
        self._stands_back = False
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._state: dict[str, Any] = {}

    def configure(self) -> None:
        """Bound the memory and make the topic: what takes long is left to the thread."""
        self._limit_memory()
        self._publisher = self.make_io().create_publisher(String, "learner_state", qos.LATCHED)

    def activate(self) -> None:
        """Learn, on a thread."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._work, name="learner", daemon=True)
        self._thread.start()

    def deactivate(self) -> None:
        """Leave a checkpoint."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(JOIN_S)
            self._thread = None

    def cleanup(self) -> None:
        """End the thread."""
        self.deactivate()

    def _work(self) -> None:
        try:
            self._learn()
        # Short memory shows as MemoryError or as torch's RuntimeError, a disk as OSError.
        except Exception:
            self._die()

    def _learn(self) -> None:
        from rl_agent.exceptions import SurefootError
        from rl_agent.learning.live_training import LiveHooks, open_live

        hooks = LiveHooks(
            should_stop=self._stop.is_set,
            wait=self._stop.wait,
            on_message=self._say,
            on_state=self._report,
        )
        meet_every = self.values["meet_every"]
        try:
            with open_live(Path(self.values["run"]), hooks, meet_every=meet_every) as learner:
                learner.run()
        except SurefootError as error:
            self.get_logger().error(f"learning has ended: {error}")
            self._tell(ended=str(error)[:MOST_CHARS])

    def _say(self, message: str) -> None:
        self.get_logger().warning(message)

    def _report(self, state: LiveState) -> None:
        if not self._stands_back:
            self._stands_back = True
            realtime.stand_back()
        self._state = state.to_json()
        self._tell()

    def _tell(self, **more: str) -> None:
        self._publisher.publish(String(data=json.dumps({**self._state, **more})))

    def _die(self) -> None:
        """End the process like a crash: files hold all that counts, and memory may be short."""
        try:
            reason = f"learning failed, and begins again:\n{traceback.format_exc()}"
            self.get_logger().error(reason)
        finally:
            os._exit(FAILED)

    def _limit_memory(self) -> None:
        most = self.values["memory_gb"]
        if most > 0.0:
            # Of the heap, not of the address space: torch maps far more than it ever touches.
            limit = int(most * BYTES_PER_GB)
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _import() -> None:
    """Import what learning needs, ahead of time."""
    import rl_agent.learning.live_training  # noqa: F401


def main() -> int:
    """Run the process."""
    return run(LearnerNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
