"""The learner's end of the link: one port for all its robots, each with a copy of its journal.

A copy is a journal in `<folder>/<robot_id>/`, which `JournalFollower` reads while it grows.
"""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rl_agent.clock import SteadyClock
from rl_agent.data.journal import JournalConfig
from rl_agent.data.teller import OnMessage, Teller
from rl_agent.exceptions import BundleError, RemoteError

from .channel import Channel, LinkConfig
from .journal_sender import DEFAULT_PORT
from .learner_end import LearnerEnd
from .parcel import Parcel
from .replicas import Replicas
from .shared_key import SharedKey, key_for
from .terms import Terms

_ACCEPT_S = 0.2
_JOIN_S = 5.0


@dataclass(frozen=True, kw_only=True)
class ReceiverConfig:
    """Where to listen, and to how many."""

    host: str = "127.0.0.1"
    """Any other address needs a key."""
    port: int = DEFAULT_PORT
    """0 takes any that is free."""
    max_robots: int = 16
    """Copies in the folder; a robot more is refused."""
    max_strangers: int = 16
    """Connections at once that have not proved themselves; more are closed at once."""
    journal: JournalConfig = field(default_factory=JournalConfig)
    """How copies are written. An acknowledged row is with the operating system, as in any journal;
    what a power failure takes, the robot sends again."""
    link: LinkConfig = field(default_factory=LinkConfig)

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            RemoteError: Names the setting, what was expected and what was found.
        """
        if not 0 <= self.port <= 65_535:
            raise RemoteError(f"port: expected 0 to 65535, found {self.port}")
        for name in ("max_robots", "max_strangers"):
            if not 1 <= getattr(self, name) <= 1000:
                raise RemoteError(f"{name}: expected 1 to 1000, found {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class RobotStatus:
    """How one robot's link does."""

    is_connected: bool
    num_rows: int
    """Rows of its copy."""
    policy_version: int
    """Newest that the robot says it has; 0 while it is not connected."""


class JournalReceiver:
    """Copies robots' journals, and sends them policies."""

    def __init__(
        self,
        folder: Path,
        config: ReceiverConfig | None = None,
        key: SharedKey | None = None,
        *,
        terms: Terms | None = None,
        on_message: OnMessage = lambda message: None,
    ) -> None:
        """Take folder and port; `start` begins to answer.

        Args:
            folder: Gets a folder for each robot.
            config: Where to listen.
            key: Shared with the robots. May be missing where only this machine can connect.
            terms: What every robot must have in common with the learner; None takes any robot.
            on_message: Is told what people should know, from the link's threads.

        Raises:
            RemoteError: A key is missing, the address or the port cannot be had, or another
                process writes to the folder.
        """
        self._config = config or ReceiverConfig()
        self._key = key_for(self._config.host, key)
        self._folder, self._terms, self._on_message = folder, terms, on_message
        self._replicas = Replicas(folder, self._config.journal, self._config.max_robots)
        try:
            self._socket = _listen(self._config.host, self._config.port)
        except RemoteError:
            self._replicas.close()
            raise
        self._opener = ThreadPoolExecutor(thread_name_prefix="open-replica")
        self._ends: dict[LearnerEnd, threading.Thread] = {}
        self._parcel: Parcel | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="journal-receiver", daemon=True)
        self._tellers: dict[str, Teller] = {}

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Answer, in threads."""
        self._thread.start()

    def announce(self, bundle_dir: Path) -> int:
        """Send a policy to every robot that takes policies and has none as new; return its version.

        Those that connect later get it then. The bundle is read now: its folder may change after.

        Raises:
            BundleError: It is damaged, or not newer than the one before.
        """
        parcel = Parcel.of(bundle_dir)
        before = self._parcel.policy_version if self._parcel else 0
        if parcel.policy_version <= before:
            expected = f"expected a policy_version above {before}"
            raise BundleError(f"{bundle_dir}: {expected}, found {parcel.policy_version}")
        self._parcel = parcel
        return parcel.policy_version

    def robots(self) -> dict[str, RobotStatus]:
        """Return how the links do, by robot_id."""
        ends = {end.robot_id: end for end in list(self._ends) if end.has_copy}
        return {
            robot_id: RobotStatus(
                is_connected=replica.is_held,
                num_rows=replica.num_rows,
                policy_version=ends[robot_id].taken_version if robot_id in ends else 0,
            )
            for robot_id, replica in self._replicas.all().items()
        }

    def replica_dir(self, robot_id: str) -> Path:
        """Return the folder of a robot's copy."""
        return self._folder / robot_id

    def close(self) -> None:
        """End all connections and close the copies."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        self._socket.close()
        for end in self._ends:
            end.stop()
        for thread in self._ends.values():
            thread.join(_JOIN_S)
        self._opener.shutdown(wait=True)
        self._replicas.close()

    def _listen(self) -> None:
        self._socket.settimeout(_ACCEPT_S)
        while not self._stop.is_set():
            try:
                sock, _ = self._socket.accept()
                self._take(sock)
            except TimeoutError:
                continue
            except (OSError, RuntimeError) as error:
                # Too many files or threads, or a peer that was gone at once: others may still come.
                self._tell("", f"a connection could not be taken: {error}")
                self._stop.wait(_ACCEPT_S)

    def _take(self, sock: socket.socket) -> None:
        self._ends = {end: thread for end, thread in self._ends.items() if thread.is_alive()}
        if sum(not end.has_copy for end in self._ends) >= self._config.max_strangers:
            self._tell("", "too many connections that did not prove themselves; one was closed")
            sock.close()
            return
        end = LearnerEnd(
            Channel(sock, self._config.link, SteadyClock()),
            self._config.link,
            key=self._key,
            replicas=self._replicas,
            opener=self._opener,
            newest_policy=lambda: self._parcel,
            terms=self._terms,
            on_message=self._tell,
        )
        self._ends[end] = threading.Thread(target=end.run, name="robot-link", daemon=True)
        self._ends[end].start()

    def _tell(self, about: str, text: str) -> None:
        self._tellers.setdefault(about, Teller(self._on_message))(text)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=16)
    except OSError as error:
        message = f"cannot listen there: {error.strerror}; is it in use already?"
        raise RemoteError(f"{host} port {port}: {message}") from error
