"""What a robot runs beside its policy whose learner is elsewhere: steps go, versions come."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rl_agent.data.journal_segment import record_dtype
from rl_agent.data.layout import TransitionLayout
from rl_agent.data.teller import OnMessage
from rl_agent.deploy.contract import expected_contract
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task

from .journal_sender import JournalSender, SenderConfig
from .policy_inbox import PolicyInbox
from .shared_key import SharedKey

BYTES_PER_MB = 1e6


@dataclass(frozen=True, kw_only=True)
class LinkFolders:
    """Of a live run."""

    journal: Path
    store: Path
    """Versions that the policy takes up."""
    inbox: Path
    """For versions on their way into the store."""


class RobotLink:
    """Sends a run's journal, and offers what comes back to its policy store."""

    def __init__(
        self,
        folders: LinkFolders,
        spec: RobotSpec,
        task: Task,
        config: SenderConfig,
        key: SharedKey | None,
        *,
        keep_versions: int = 20,
        on_message: OnMessage = lambda message: None,
    ) -> None:
        """Look at the run; `start` begins.

        Args:
            folders: The run's; the journal may still have to be begun.
            spec: The robot.
            task: What it does.
            config: Where the learner is.
            key: Shared with it.
            keep_versions: That stay on the disk.
            on_message: Is told what people should know, from a thread.

        Raises:
            RemoteError: A setting does not hold, or a key is missing.
        """
        contract = expected_contract(spec, task)
        layout = TransitionLayout.of(task, obs_dim=contract["obs_dim"], act_dim=spec.act_dim)
        self._row_s = 1.0 / spec.policy_hz
        self._row_bytes = record_dtype(layout).itemsize
        self._keep_versions = keep_versions
        self._store = PolicyStore(folders.store, spec, task)
        newest = self._store.next_version() - 1
        self._inbox = PolicyInbox(folders.inbox, self._take, newest)
        self._sender = JournalSender(
            folders.journal,
            layout,
            config,
            key,
            inbox=self._inbox,
            contract=contract,
            on_message=on_message,
        )

    def start(self) -> None:
        """Run in a thread."""
        self._sender.start()

    def state(self) -> dict[str, bool | int | float | str]:
        """Return how the link does, for people; `trouble` is empty while all is well."""
        status = self._sender.status
        num_waiting = status.num_spooled_bytes // self._row_bytes
        return {
            "connected": status.is_connected,
            "num_links": status.num_links,
            "num_sent": status.num_acknowledged,
            "num_waiting": num_waiting,
            "lag_s": num_waiting * self._row_s,
            "spooled_mb": status.num_spooled_bytes / BYTES_PER_MB,
            "policy_version": self._inbox.newest_version,
            "trouble": status.trouble,
        }

    def close(self, join_s: float) -> None:
        """End it, within about so long; what was not sent yet is sent by the next one."""
        self._sender.close(join_s)
        self._inbox.close()

    def _take(self, bundle_dir: Path) -> None:
        self._store.offer(bundle_dir)
        self._store.prune(self._keep_versions)
