"""Something small that goes on in a thread while this one is held up by something long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class SideWork:
    """A `with` block during which `work` is called again and again, by one thread, every so often.

    What `work` raises ends it, and is raised at the end of the block, unless that raises itself.
    """

    def __init__(self, work: Callable[[], object], every_s: float) -> None:
        self._work = work
        self._every_s = every_s
        self._is_over = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="side_work", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._is_over.wait(self._every_s):
                self._work()
        except BaseException as error:  # it belongs to whoever waits for us
            self._error = error
