"""A node's part in lock-step, round after round, in place of a `ControlThread`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rclpy.executors import ExternalShutdownException
from std_msgs.msg import String

from rl_agent.clock import ManualClock
from rl_agent.exceptions import GraphError

from . import qos
from .lockstep_io import LockstepIo
from .rounds import OPERATOR, TOPIC, Answer, Rounds, read_answer

if TYPE_CHECKING:
    from .node import GuardedNode

TURN_S = 0.1
LOOK_S = 0.005
"""Between two looks at what comes by no message."""
TELL_S = 1.0
"""Who waits for longer says so."""


class LockstepThread:
    """Takes in what a round brings, does the node's part, answers; ends it where all stand still.

    Publishes `lockstep/NAME`, subscribes those that it waits for (String, see `Answer`).
    """

    def __init__(
        self,
        node: GuardedNode,
        io: LockstepIo,
        rounds: Rounds,
        clock: ManualClock,
    ) -> None:
        """Prepare it; `clock` is the node's, and moved by nobody else."""
        assert node.io_executor is not None
        self._node, self._io, self._executor = node, io, node.io_executor
        self._rounds, self._clock = rounds, clock
        self._deadline_s: Callable[[], float] = clock.now
        self._on_deadline: Callable[[float], None] = lambda now_s: None
        self._owes_answer = False
        self._waits_since_s = self._told_s = time.monotonic()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lockstep", daemon=True)
        self.num_errors = 0
        self.has_stood_still = False
        """Whether we ever waited for an operator."""
        self._answers = io.create_publisher(String, f"{TOPIC}/{node.get_name()}", qos.RECORDING)
        for sender in rounds.senders:
            io.create_subscription(String, f"{TOPIC}/{sender}", self._on_answer, qos.RECORDING)

    def start(self, deadline_s: Callable[[], float], on_deadline: Callable[[float], None]) -> None:
        """Begin; in each of the node's rounds `on_deadline` is called, if it is due by then."""
        self._deadline_s, self._on_deadline = deadline_s, on_deadline
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """End after the present round; a second call does nothing."""
        self._is_stopping.set()
        if self._thread.is_alive():
            self._executor.wake()
            self._thread.join(timeout_s)

    def _run(self) -> None:
        # They listen to answers last of all: what was sent before would be lost to them.
        while self._answers.get_subscription_count() < self._rounds.num_listeners:
            if self._is_stopping.wait(LOOK_S):
                return
        try:
            while not self._is_stopping.is_set():
                self._run_once()
        except ExternalShutdownException:
            return
        except GraphError as error:
            self._give_up(error)
        except Exception as error:  # a thread that died unheard would let everybody wait
            if not self._is_stopping.is_set():
                self._give_up(GraphError(f"mistake in lock-step: {error!r}"))

    def _give_up(self, error: GraphError) -> None:
        self._node.get_logger().fatal(str(error))
        self._node.refusal = error

    def _run_once(self) -> None:
        waits_for = self._node.awaits() if self._owes_answer else self._rounds.missing()
        if waits_for:
            self.has_stood_still |= waits_for == OPERATOR
            self._tell_if_long(waits_for)
            self._executor.spin_once(timeout_sec=LOOK_S if self._owes_answer else TURN_S)
            return
        if self._owes_answer:
            self._owes_answer = False
            self._answer()
        else:
            self._play()
            self._owes_answer = self._rounds.is_ours
        if not self._owes_answer:
            self._rounds.advance()
        self._waits_since_s = time.monotonic()

    def _play(self) -> None:
        """Take in what the round brings, and do our part."""
        for sent_s, deliveries in self._rounds.take():
            self._clock.set(sent_s)
            for deliver in deliveries:
                self._try(deliver)
        now_s = self._rounds.time_s
        self._clock.set(now_s)
        if self._rounds.is_ours and now_s >= self._deadline_s():
            self._try(partial(self._on_deadline, now_s))

    def _try(self, part: Callable[[], None]) -> None:
        """Do a part; everybody waits for the answer, whatever becomes of it."""
        try:
            part()
        except Exception as error:
            self.num_errors += 1
            self._node.get_logger().error(f"mistake in lock-step: {error!r}")

    def _answer(self, waits_for: str = "") -> None:
        answer = Answer(
            node=self._node.get_name(),
            round=self._rounds.number,
            sent={} if waits_for else self._io.sent,
            waits_for=waits_for,
        )
        self._answers.publish(String(data=answer.to_json()))

    def _on_answer(self, message: String) -> None:
        answer = read_answer(message.data)
        if answer is not None:
            self._rounds.hear(answer)

    def _tell_if_long(self, waits_for: str) -> None:
        now_s = time.monotonic()
        waited_s = now_s - self._waits_since_s
        if waited_s < TELL_S or now_s - self._told_s < TELL_S:
            return
        self._told_s = now_s
        self._answer(waits_for)
        patience_s = self._node.values["patience_s"]
        # Whoever waits for somebody who waits himself leaves the complaint to him.
        is_last = waits_for != OPERATOR and not self._rounds.is_waiting(waits_for)
        if is_last and waited_s >= patience_s:
            raise GraphError(
                f"lock-step stands still at {self._clock.now():.3f} s: everybody waits for "
                f"{waits_for}, for {waited_s:.0f} s now"
            )
