"""Looks for new versions in a policy store, beside a control loop that never waits for a disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from rl_agent.data.teller import Teller

from .onnx_policy import OnnxPolicy
from .policy_store import Pointer, PolicyStore
from .swap_event import SwapKind

INTERVAL_S = 0.15
"""Between two looks [s]; one that finds nothing new reads one small file."""
_MOST_SKIPPED = 64
"""At most so many looks, 10 s by default, between two tries of a version that failed. It is tried
again because it may have been half copied, or measured as slow on a busy machine; ever less often
because each try costs as much as loading a good version."""
_CLOSE_S = 5.0
"""Longest that `close` waits for a version that is being loaded [s]; the thread is a daemon."""


class VersionWatch:
    """Loads what the store's pointer names, verifies it aside, and hands it over.

    Only the newest version matters: what is published while another one loads is skipped, and what
    was not taken when the next one comes is dropped.
    """

    def __init__(
        self,
        store: PolicyStore,
        on_refusal: Callable[[str], None] = lambda sentence: None,
        *,
        interval_s: float = INTERVAL_S,
        acting_version: int = 0,
        on_event: Callable[[SwapKind, int, str], None] = lambda kind, version, sentence: None,
    ) -> None:
        """Make it; `start` begins.

        Args:
            store: Where versions are published.
            on_refusal: Is told once why a version, or the store, does not hold; from the thread.
            interval_s: Between two looks, > 0.
            acting_version: Is not loaded, for somebody has it; 0 for none.
            on_event: Is told what becomes of versions that are not handed over, REFUSED or SKIPPED,
                the version and why; from the thread.

        Raises:
            ValueError: The interval is not above 0.
        """
        if not interval_s > 0.0:
            raise ValueError(f"expected an interval_s above 0, found {interval_s}")
        self._store = store
        self._teller = Teller(on_refusal)
        self._interval_s = interval_s
        self._acting_version = acting_version
        self._loaded: Pointer | None = None
        self._failed: Pointer | None = None
        self._on_event = on_event
        self._newest_seen = 0
        self._at_work: Pointer | None = None
        self._num_skips = self._skips_left = 0
        self.num_refused = 0
        """Versions that were refused, as often as that was told."""
        # Not a Queue: its lock could be held by a thread that is not scheduled just now.
        self._ready: SimpleQueue[OnnxPolicy] = SimpleQueue()
        self._is_closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, in a daemon thread; a second call changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="version_watch", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End; wait for a version that is being loaded, but not for long."""
        self._is_closing.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_S)

    def take(self) -> OnnxPolicy | None:
        """Return the newest version that was not taken yet; None where there is none.

        Never blocks. Whoever takes it owns it: the thread does not touch it again.
        """
        newest = None
        while True:
            try:
                newest = self._ready.get_nowait()
            except Empty:
                return newest

    def poll(self) -> None:
        """Look once. Never raises: what does not hold is told and tried again later."""
        try:
            self._look()
        # ONNX Runtime's and a file system's errors are many, and a thread that dies of one that was
        # not thought of would end learning on the robot without a word.
        except Exception as error:
            self._tell(str(error) or type(error).__name__)

    def _look(self) -> None:
        self._at_work = None
        pointer = self._store.current()
        if pointer is None:
            return
        if pointer == self._loaded or pointer.policy_version == self._acting_version:
            self._teller.forget()
            return
        if self._should_skip(pointer):
            return
        self._tell_of_skipped(pointer.policy_version)
        self._at_work = pointer
        # Noted beforehand: if loading raises, it stays.
        self._failed = pointer
        policy = self._store.load(pointer)
        self._failed = None
        self._loaded = pointer
        self._teller.forget()
        outdated = self.take()  # it would only use memory
        if outdated is not None:
            self._skip(outdated.policy_version, pointer.policy_version)
        self._ready.put(policy)

    def _should_skip(self, pointer: Pointer) -> bool:
        """Tell whether a version that failed is left alone for this time: 1, 2, 4, ... looks."""
        if pointer != self._failed:
            self._num_skips = self._skips_left = 0
            return False
        if self._skips_left > 0:
            self._skips_left -= 1
            return True
        self._num_skips = min(max(2 * self._num_skips, 1), _MOST_SKIPPED)
        self._skips_left = self._num_skips
        return False

    def _tell_of_skipped(self, version: int) -> None:
        """Tell which versions came and went while we were at work on another one."""
        if 0 < self._newest_seen < version:
            for between in self._store.versions():
                if self._newest_seen < between < version:
                    self._skip(between, version)
        self._newest_seen = max(self._newest_seen, version)

    def _skip(self, version: int, newer: int) -> None:
        self._on_event(SwapKind.SKIPPED, version, f"version {newer} is newer")

    def _tell(self, sentence: str) -> None:
        if self._teller(sentence) and self._at_work is not None:
            self.num_refused += 1
            self._on_event(SwapKind.REFUSED, self._at_work.policy_version, sentence)

    def _work(self) -> None:
        while not self._is_closing.wait(self._interval_s):
            self.poll()
