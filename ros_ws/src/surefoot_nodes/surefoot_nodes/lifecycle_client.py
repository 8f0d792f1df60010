"""Drives other nodes through their lifecycle."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "cleanup": Transition.TRANSITION_CLEANUP,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
}
STEP_S = 0.05


class LifecycleClient:
    """Asks nodes of one namespace for transitions; spins its own executor while it waits."""

    def __init__(
        self,
        node: Node,
        executor: SingleThreadedExecutor,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare it.

        Args:
            node: Makes the service clients; must be on `executor`.
            executor: Is spun while waiting.
            check: Called again and again while waiting; raises to give up.
        """
        self._node = node
        self._executor = executor
        self._check = check
        self._clients: dict[tuple[str, str], Any] = {}

    def is_reachable(self, name: str) -> bool:
        """Tell whether the node's lifecycle services answer."""
        return bool(self._client(name, "change_state", ChangeState).service_is_ready())

    def wait_for(self, names: Sequence[str], timeout_s: float) -> list[str]:
        """Wait until all nodes are reachable; return those that are not by then."""
        deadline_s = time.monotonic() + timeout_s
        missing = list(names)
        while missing and time.monotonic() < deadline_s:
            self._step()
            missing = [name for name in missing if not self.is_reachable(name)]
        return missing

    def change(self, names: Sequence[str], transition: str, timeout_s: float) -> Mapping[str, bool]:
        """Ask all nodes for a transition at once; return who made it in time."""
        request = ChangeState.Request()
        request.transition.id = TRANSITIONS[transition]
        answers = self._ask_all(names, "change_state", ChangeState, request, timeout_s)
        return {name: a is not None and a.success for name, a in answers.items()}

    def states(self, names: Sequence[str], timeout_s: float) -> Mapping[str, str]:
        """Return the lifecycle state of those nodes that answer in time."""
        reachable = [name for name in names if self.is_reachable(name)]
        answers = self._ask_all(reachable, "get_state", GetState, GetState.Request(), timeout_s)
        return {name: a.current_state.label for name, a in answers.items() if a is not None}

    def is_offered(self, kind: Any, name: str) -> bool:
        """Tell whether somebody offers a service, after having listened for a moment."""
        client = self._client("", name, kind)
        if not client.service_is_ready():
            self._step()
        return bool(client.service_is_ready())

    def call(self, kind: Any, name: str, request: Any, timeout_s: float) -> Any:
        """Call any service, by its relative name; return the response, or None without one."""
        client = self._client("", name, kind)
        deadline_s = time.monotonic() + timeout_s
        while not client.service_is_ready():
            if time.monotonic() > deadline_s:
                return None
            self._step()
        return self._wait({"": client.call_async(request)}, deadline_s)[""]

    def _ask_all(
        self, names: Sequence[str], service: str, kind: Any, request: Any, timeout_s: float
    ) -> Mapping[str, Any]:
        futures = {name: self._client(name, service, kind).call_async(request) for name in names}
        return self._wait(futures, time.monotonic() + timeout_s)

    def _wait(self, futures: Mapping[str, Any], deadline_s: float) -> Mapping[str, Any]:
        while not all(future.done() for future in futures.values()):
            if time.monotonic() > deadline_s:
                break
            self._step()
        return {name: f.result() if f.done() else None for name, f in futures.items()}

    def _step(self) -> None:
        self._check()
        self._executor.spin_once(timeout_sec=STEP_S)

    def _client(self, name: str, service: str, kind: Any) -> Any:
        key = (name, service)
        if key not in self._clients:
            path = f"{name}/{service}" if name else service
            self._clients[key] = self._node.create_client(kind, path)
        return self._clients[key]
