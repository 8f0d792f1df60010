"""All robots' copies, a folder each: `<folder>/<robot_id>/000000.journal`."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

from rl_agent.data.folder_lock import hold_folder
from rl_agent.data.journal import JournalConfig
from rl_agent.exceptions import RefusedError, RemoteError

from .replica import Replica


class Replicas:
    """Hands out copies by robot; one process alone may have a folder."""

    def __init__(self, folder: Path, config: JournalConfig, max_robots: int) -> None:
        """Take a folder.

        Raises:
            RemoteError: Another process writes there, or it cannot be made.
        """
        self._folder, self._config, self._max_robots = folder, config, max_robots
        self._replicas: dict[str, Replica] = {}
        self._guard = threading.Lock()
        self._hold = ExitStack()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._hold.enter_context(hold_folder(folder, self._busy))
        except OSError as error:
            raise RemoteError(f"{folder}: cannot be written to: {error.strerror}") from error

    def of(self, robot_id: str) -> Replica:
        """Return a robot's copy.

        Raises:
            RefusedError: It would be one robot too many.
        """
        with self._guard:
            if robot_id not in self._replicas:
                self._insist_on_room(robot_id)
                self._replicas[robot_id] = Replica(self._folder / robot_id, self._config)
            return self._replicas[robot_id]

    def all(self) -> dict[str, Replica]:
        """Return those that were asked for, by robot."""
        with self._guard:
            return dict(self._replicas)

    def close(self) -> None:
        """Close all journals, and leave the folder to others."""
        for replica in self.all().values():
            replica.close()
        self._hold.close()

    def _busy(self, holder: str) -> RemoteError:
        message = f"another learner writes its robots' journals here ({holder})"
        return RemoteError(f"{self._folder}: {message}; choose another folder")

    def _insist_on_room(self, robot_id: str) -> None:
        known = {path.name for path in self._folder.iterdir() if path.is_dir()}
        known |= set(self._replicas)
        if robot_id not in known and len(known) >= self._max_robots:
            message = f"the learner has copies of {len(known)} robots, as many as it takes"
            raise RefusedError(f"{message} (max_robots); is robot_id {robot_id} meant?")
