"""The robot's end of the link: its journal is copied to the learner, policies come back.

While the link is down nothing is kept in memory: the journal on the robot's own disk is the spool,
and the copy goes on where it ended. Runs in a thread or a process of its own, never in a control
loop, and waits for nothing that a control loop holds.
"""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from rl_agent.clock import SteadyClock
from rl_agent.data.journal_segment import record_dtype
from rl_agent.data.layout import TransitionLayout
from rl_agent.data.teller import OnMessage, Teller
from rl_agent.deploy.contract import Contract, contract_hash
from rl_agent.exceptions import JournalError, RemoteError

from .channel import Channel, LinkConfig
from .handshake import Hello
from .policy_inbox import PolicyInbox
from .robot_end import RobotEnd
from .row_source import Place, RowSource
from .shared_key import SharedKey, key_for
from .spool import spooled_bytes

DEFAULT_PORT = 7461
_JOIN_S = 5.0


@dataclass(frozen=True, kw_only=True)
class SenderConfig:
    """Where the learner is, and how rows go there."""

    robot_id: str
    """Letters, digits, _ and -; names the copy's folder on the learner's machine."""
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    window_bytes: int = 1_048_576
    """At most so much is under way unacknowledged; bounds memory at both ends."""
    send_interval_s: float = 0.5
    """Rows are collected for so long; each chunk is synced to the robot's disk before it goes."""
    retry_min_s: float = 0.5
    retry_max_s: float = 10.0
    """Between two tries to connect: doubled from one to the other while they fail."""
    must_be_durable: bool = True
    """Sync rows before they are sent; see `RowSource`."""
    link: LinkConfig = field(default_factory=LinkConfig)

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            RemoteError: Names the setting, what was expected and what was found.
        """
        if not 1 <= self.port <= 65_535:
            raise RemoteError(f"port: expected 1 to 65535, found {self.port}")
        if not 0.0 < self.retry_min_s <= self.retry_max_s < float("inf"):
            found = f"{self.retry_min_s:g} and {self.retry_max_s:g} s"
            raise RemoteError(f"retry_min_s: expected above 0, at most retry_max_s, found {found}")
        if not 0.0 <= self.send_interval_s <= 60.0:
            raise RemoteError(f"send_interval_s: expected 0 to 60, found {self.send_interval_s:g}")
        if not 1024 <= self.window_bytes <= 2**28:
            raise RemoteError(f"window_bytes: expected 1024 to {2**28}, found {self.window_bytes}")


@dataclass(frozen=True, kw_only=True)
class SenderStatus:
    """How the link does."""

    is_connected: bool
    num_acknowledged: int
    """Rows that the learner holds."""
    num_records: int
    """Records of the robot's journal up to there, damaged ones included."""
    num_damaged: int
    """Those of them that could not be sent: their checksum does not hold on the robot's disk."""
    num_spooled_bytes: int
    """Of the journal, that the learner is not known to hold."""
    num_links: int
    """Connections over which rows could go; before the first one, what it holds is not known."""
    trouble: str
    """What is wrong now; empty while all is well."""


class JournalSender:
    """Keeps the learner's copy of a journal up to date."""

    def __init__(
        self,
        directory: Path,
        layout: TransitionLayout,
        config: SenderConfig,
        key: SharedKey | None = None,
        *,
        inbox: PolicyInbox | None = None,
        contract: Contract | None = None,
        on_message: OnMessage = lambda message: None,
    ) -> None:
        """Look at nothing yet; `start` or `run` begins.

        Args:
            directory: Of the robot's journal, of one run; it may still have to be begun.
            layout: Of its rows.
            config: Where the learner is.
            key: Shared with it. May be missing where the learner is on this machine.
            inbox: Takes the learner's policies; None for a robot that wants none. Whoever made it
                closes it.
            contract: Between the robot and its policies; a learner may insist on the same one.
            on_message: Is told what people should know, from the link's thread.

        Raises:
            RemoteError: No such robot_id, a key is missing, or rows are too large.
        """
        told = contract_hash(contract) if contract is not None else ""
        self._hello = Hello(robot_id=config.robot_id, layout=layout, contract=told)
        self._contract = contract
        size, most = record_dtype(layout).itemsize, config.link.max_payload_bytes
        if size > most:
            message = f"max_payload_bytes: a row takes {size} bytes, at most {most} go into a frame"
            raise RemoteError(f"{message}; set it higher at both ends")
        self._key = key_for(config.host, key)
        self._config, self._inbox, self._tell = config, inbox, Teller(on_message)
        self._directory = directory
        self._source = RowSource(directory, layout, must_be_durable=config.must_be_durable)
        self._clock = SteadyClock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._places: list[Place] = []
        self._acknowledged = Place()
        self._channel: Channel | None = None
        self._is_connected = False
        self._num_links = 0

    @property
    def status(self) -> SenderStatus:
        """How the link does; from any thread."""
        place = self._acknowledged
        num_records = place.offset.num_records if place.offset else 0
        return SenderStatus(
            is_connected=self._is_connected,
            num_acknowledged=place.num_rows,
            num_records=num_records,
            num_damaged=num_records - place.num_rows,
            num_spooled_bytes=spooled_bytes(self._directory, place.offset),
            num_links=self._num_links,
            trouble=self._tell.last,
        )

    def start(self) -> None:
        """Run in a thread."""
        self._thread = threading.Thread(target=self.run, name="journal-sender", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Run here until `close` is called from another thread or a signal handler."""
        delay_s = self._config.retry_min_s
        while not self._stop.is_set():
            num_links = self._num_links
            try:
                self._hold_link()
            except (RemoteError, OSError) as error:
                self._say(error)
            except JournalError as error:
                # Places within a journal that was exchanged or cut are worth nothing.
                self._places = []
                self._say(error)
            has_worked = self._num_links > num_links
            delay_s = self._config.retry_min_s if has_worked else 2.0 * delay_s
            delay_s = min(delay_s, self._config.retry_max_s)
            self._stop.wait(delay_s)

    def wait_until_sent(self, num_records: int, timeout_s: float) -> bool:
        """Return whether the learner holds the journal's first `num_records`; wait for it.

        For the end of a session: `JournalWriter.offset.num_records` says how many there are.
        """
        deadline_s = time.monotonic() + timeout_s
        while self.status.num_records < num_records:
            if time.monotonic() >= deadline_s or self._stop.wait(0.01):
                return False
        return True

    def close(self, join_s: float = _JOIN_S) -> None:
        """End it; what was not sent yet is sent by the next one.

        Args:
            join_s: Longest wait: a try to connect cannot be ended from here.
        """
        self._stop.set()
        if (channel := self._channel) is not None:
            channel.interrupt()
        if self._thread is not None:
            self._thread.join(join_s)

    def _hold_link(self) -> None:
        config = self._config
        address = config.host, config.port
        sock = socket.create_connection(address, timeout=config.link.handshake_s)
        try:
            self._channel = Channel(sock, config.link, self._clock)
            end = RobotEnd(
                self._channel,
                self._source,
                config.link,
                self._clock,
                window_bytes=config.window_bytes,
                send_interval_s=config.send_interval_s,
                inbox=self._inbox,
                contract=self._contract,
            )
            end.greet(self._key, self._hello)
            end.agree(self._places, self._stop.is_set)
            self._carry_rows(end)
        finally:
            sock.close()
            self._channel, self._is_connected = None, False

    def _carry_rows(self, end: RobotEnd) -> None:
        self._is_connected = True
        self._num_links += 1
        self._tell.forget()
        try:
            while not self._stop.is_set():
                self._acknowledged = end.acknowledged
                end.step()
        finally:
            self._places, self._acknowledged = end.places, end.acknowledged

    def _say(self, error: Exception) -> None:
        if self._stop.is_set():
            return  # we ended it
        self._tell(f"learner at {self._config.host} port {self._config.port}: {error}")
