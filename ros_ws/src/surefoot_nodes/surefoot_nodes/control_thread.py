"""A control loop: one thread that waits for messages and for an absolute deadline, whichever comes.

Messages are handled on the thread that acts on them, so that none waits for a hand-over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.executors import (
    ExternalShutdownException,
    SingleThreadedExecutor,
    TimeoutObject,
)

from . import realtime
from .ration import Ration

LOG_PERIOD_S = 2.0


class UntilDeadline(TimeoutObject):
    """A time-out that is looked up whenever the executor begins to wait anew.

    The executor serves what one wait found in turn, as long as it is given the same time-out. With
    a fresh number each time it would wait again after every message, and always serve the first
    subscription first: a flood on that one would starve the others.
    """

    def __init__(self, deadline_s: Callable[[], float]) -> None:
        super().__init__(0.0)
        self._deadline_s = deadline_s

    @property
    def timeout(self) -> float:
        """Seconds left, 0 if none."""
        return max(self._deadline_s() - time.monotonic(), 0.0)


class ControlThread:
    """Runs an executor's callbacks and `on_deadline` until stopped. Survives their exceptions."""

    def __init__(
        self,
        executor: SingleThreadedExecutor,
        deadline_s: Callable[[], float],
        on_deadline: Callable[[float], None],
        logger: Any,
    ) -> None:
        """Prepare it.

        Args:
            executor: Holds the node whose subscriptions feed the loop.
            deadline_s: When `on_deadline` is due next, CLOCK_MONOTONIC [s].
            on_deadline: Called with the present time [s] once it is due.
            logger: Of the node.
        """
        self._executor = executor
        self._deadline_s = deadline_s
        self._timeout = UntilDeadline(deadline_s)
        self._ration = Ration()
        self._on_deadline = on_deadline
        self._logger = logger
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._logged_s = -LOG_PERIOD_S
        self.num_errors = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """End after the present callback; a second call does nothing."""
        self._is_stopping.set()
        if self._thread.is_alive():
            self._executor.wake()
            self._thread.join(timeout_s)

    def _run(self) -> None:
        realtime.use_fifo()
        while not self._is_stopping.is_set():
            try:
                self._run_once()
            except ExternalShutdownException:
                return
            except Exception as error:  # the loop must go on, or nobody brakes
                self._report(error)

    def _run_once(self) -> None:
        rest_s = self._ration.rest_s(time.monotonic())
        if rest_s > 0.0:
            time.sleep(min(rest_s, self._timeout.timeout))
        else:
            self._executor.spin_once(timeout_sec=self._timeout)
            self._ration.note(time.monotonic())
        now_s = time.monotonic()
        if now_s >= self._deadline_s():
            self._on_deadline(now_s)

    def _report(self, error: Exception) -> None:
        self.num_errors += 1
        now_s = time.monotonic()
        if now_s - self._logged_s >= LOG_PERIOD_S:
            self._logged_s = now_s
            self._logger.error(f"mistake in the control loop ({self.num_errors} so far): {error!r}")
