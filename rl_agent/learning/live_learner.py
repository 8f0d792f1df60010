"""Learning from a robot that acts by itself: the rows of its journal in, versions of a policy out.

The robot's clock is the number of rows. The learner takes as many gradient steps as they allow,
never more, and what it owes after a pause it makes up for. Nothing here can make the robot wait.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from rl_agent.data.teller import Teller
from rl_agent.exceptions import SurefootError
from rl_agent.networks.actor import Actor
from rl_agent.safety.leaning import is_limited
from rl_agent.types import FloatArray

from .checkpoint import Checkpoint, prune_checkpoints
from .checkup import Checkup
from .config import TrainConfig
from .noted_episodes import NotedEpisodes
from .parts import Counters, KeptParts
from .row_feed import Feed
from .side_work import SideWork
from .snapshot import restore_snapshot, save_snapshot
from .stopwatch import Stopwatch
from .updater import Updater

MOST_CHUNK = 16
"""Gradient steps between two looks at the journal."""
LOOK_S = 0.05
"""Between two looks, also where gradient steps are slow, or a version or checkpoint is written."""
IDLE_S = 0.02
"""Between two looks where there is nothing to do [s]."""
STATE_S = 0.5
ROUNDING_S = 1e-6


@dataclass(frozen=True, kw_only=True)
class LiveParts(KeptParts):
    """What a live learner drives."""

    feed: Feed
    publish: Callable[[Actor, int, FloatArray], int]
    """(actor, env_step, observations (N, obs_dim)) -> the new version."""
    on_message: Callable[[str], None]
    on_state: Callable[[LiveState], None]
    wait: Callable[[float], object]


@dataclass(frozen=True, kw_only=True)
class LiveState:
    """Where a live learner stands, for people."""

    env_step: int = 0
    gradient_step: int = 0
    num_owed: int = 0
    """Gradient steps that the rows taken in allow, and that were not taken yet."""
    num_skipped: int = 0
    """Gradient steps given up because too many were owed."""
    episode: int = 0
    mean_return: float | None = None
    """Over the last episodes."""
    success_rate: float | None = None
    num_rows: int = 0
    """Of the replay: what batches are drawn from."""
    num_quarantined: int = 0
    num_damaged: int = 0
    policy_version: int = 0
    trouble: str = ""
    """Why nothing is published just now; empty if all is well."""

    def to_json(self) -> dict[str, float | int | str | None]:
        """Return a flat mapping."""
        return asdict(self)


@dataclass(kw_only=True)
class LiveLearner:
    """Trains beside a robot until a stop is asked for; see the module."""

    config: TrainConfig
    run_dir: Path
    parts: LiveParts
    counters: Counters = field(default_factory=Counters)

    def __post_init__(self) -> None:
        parts = self.parts
        self.stopwatch = Stopwatch()
        replay, recent = parts.replay, parts.recent
        self.updater = Updater(self.config, parts.agent, replay, recent, self.stopwatch)
        now_s = parts.feed.clock.now()
        self._saved_s = self._published_s = now_s
        self._told_s = now_s - STATE_S
        self._published_update: int | None = None
        self._saved_at: tuple[int, int] | None = None
        """Environment and gradient step."""
        self._has_skipped = False
        guard = self.updater.guard
        self._checkup = Checkup(self.config, self.run_dir, parts, guard, self.stopwatch)
        self._policy_version = 0
        self._chunk = MOST_CHUNK
        self._tell = Teller(parts.on_message)
        self._episodes = NotedEpisodes(parts.metrics)

    def run(self) -> None:
        """Learn until a stop is asked for, and leave a checkpoint.

        Raises:
            TrainingDivergedError: The critics are lost; the checkpoints from before stay.
        """
        if self._feed.meet is not None:
            self._feed.meet(self.counters.env_step)
        while not self.parts.should_stop():
            if not self.step():
                self.parts.wait(IDLE_S)
        self.save()

    def step(self) -> bool:
        """Take in what is new, and do a part of what is owed; return whether there was anything."""
        num_rows = self._take_in()
        num_updates = self._work_off()
        now_s = self._feed.clock.now()
        if now_s - self._told_s >= STATE_S:
            # Before the first version: what exports it takes seconds to import.
            self._told_s = now_s
            self.parts.on_state(self.state)
        self._publish_if_due(now_s)
        self._checkup.look(self.counters, self._own_figures)
        if now_s - self._saved_s >= self.config.checkpoint_every_s:
            self.save()
        if self._feed.meet is not None and num_rows:
            self._feed.meet(self.counters.env_step)
        return num_rows > 0 or num_updates > 0

    @property
    def state(self) -> LiveState:
        """Where it stands."""
        return LiveState(
            env_step=self.counters.env_step,
            gradient_step=self.parts.agent.gradient_step,
            num_owed=self.updater.num_due(self.counters.env_step),
            num_skipped=self.updater.num_skipped,
            episode=self.counters.episode,
            mean_return=self._episodes.mean_return,
            success_rate=self._episodes.success_rate,
            num_rows=len(self.parts.replay),
            num_quarantined=self.parts.replay.num_quarantined,
            num_damaged=self._feed.rows.num_damaged,
            policy_version=self._policy_version,
            trouble=self._tell.last,
        )

    @property
    def _feed(self) -> Feed:
        return self.parts.feed

    def _own_figures(self) -> dict[str, float]:
        """Return what it owes, and what took its working time."""
        busy = {f"busy_{name}": share for name, share in self.stopwatch.shares.items()}
        return {"num_owed": self.updater.num_due(self.counters.env_step), **busy}

    def _take_in(self) -> int:
        feed = self._feed
        with self.stopwatch.measure("journal"):
            rows = feed.rows.read()
        if not len(rows):
            return 0
        with self.stopwatch.measure("replay"):
            self.updater.take_rows(rows)
        episodes = feed.tally.take(rows)
        counters = self.counters
        self.counters = replace(
            counters,
            env_step=feed.rows.offset.num_records,
            episode=counters.episode + len(episodes),
            num_interventions=counters.num_interventions + int(is_limited(rows["reasons"]).sum()),
        )
        for episode in episodes:
            self._episodes.note(episode, self.counters.env_step)
        return len(rows)

    def _taking_in(self) -> AbstractContextManager[object]:
        """Go on taking rows in while something long is done with copies of what they change.

        Not in lock-step: there a batch is one thing from its rows to the version.
        """
        return nullcontext() if self._feed.meet is not None else SideWork(self._take_in, LOOK_S)

    def _work_off(self) -> int:
        """Take some of the gradient steps that are owed, in lock-step all; return how many."""
        num_updates = min(self._chunk, self._num_owed())
        self._update(num_updates)
        while self._feed.meet is not None and (num_more := min(self._chunk, self._num_owed())):
            self._update(num_more)
            num_updates += num_more
        return num_updates

    def _update(self, num_updates: int) -> None:
        start_s = self._feed.clock.now()
        self.updater.update(num_updates)
        if num_updates:
            seconds = max(self._feed.clock.now() - start_s, 1e-6)
            self._chunk = int(np.clip(num_updates * LOOK_S / seconds, 1, MOST_CHUNK))

    def _num_owed(self) -> int:
        updater, most = self.updater, self.config.live.max_lag_updates
        num_owed = updater.num_due(self.counters.env_step)
        if num_owed <= most:
            return num_owed
        if not self._has_skipped:
            self._has_skipped = True
            self.parts.on_message(
                "the learner cannot keep up with the robot: updates are skipped "
                "(lower agent.utd_ratio, or set agent.compile=on)"
            )
        updater.num_skipped += num_owed - most
        self.counters = replace(self.counters, num_skipped=updater.num_skipped)
        return most

    def _publish_if_due(self, now_s: float) -> None:
        live, num_updates = self.config.live, self.parts.agent.gradient_step
        if num_updates < live.first_updates or num_updates == self._published_update:
            return
        has_tried = self._published_update is not None
        if has_tried and now_s - self._published_s < live.publish_every_s - ROUNDING_S:
            return
        self._published_s, self._published_update = now_s, num_updates
        with self.stopwatch.measure("publish"):
            self._publish()

    def _publish(self) -> None:
        obs = np.array(self.parts.recent.since(0)["obs"], dtype=np.float32)
        sound = obs[np.isfinite(obs).all(axis=1)]
        actor, env_step = copy.deepcopy(self.parts.agent.actor), self.counters.env_step
        with self._taking_in():
            try:
                version = self.parts.publish(actor, env_step, sound)
            # Whatever a full disk or a broken network does: the robot keeps the version it has.
            except (SurefootError, OSError) as error:
                self._tell(f"no version was published: {error}")
                return
        self._policy_version = version
        self._tell.forget()
        self.parts.metrics.write("version", env_step, {"policy_version": version})

    def save(self) -> None:
        """Write a checkpoint of this very moment, if there is anything new.

        Raises:
            TrainingDivergedError: A weight is no longer finite; the checkpoints before stay.
        """
        self._saved_s = self._feed.clock.now()
        env_step = self.counters.env_step
        # Owed updates are taken without a new row as well.
        reached = (env_step, self.parts.agent.gradient_step)
        if reached == self._saved_at:
            return
        with self._checkup.saving(env_step):
            self._save_snapshot()
        self._saved_at = reached
        self._saved_s = self._feed.clock.now()

    def _save_snapshot(self) -> None:
        save_snapshot(
            self.run_dir,
            self.parts,
            self.counters,
            self.updater.sample_rng,
            offset=self._feed.rows.offset,
            sources=self._feed.sources(),
            env=None,
            while_writing=self._writing,
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._taking_in():
            # Only now: what the checkpoint builds on has been read by then.
            self._feed.rows.sync()
            yield
            prune_checkpoints(self.run_dir, spare=self._checkup.sound_step)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where a checkpoint was taken; follower and replay are the caller's business.

        Raises:
            CheckpointError: It is of another network.
        """
        self.counters = restore_snapshot(checkpoint, self.parts, self.updater.sample_rng)
        self._saved_at = (checkpoint.env_step, self.parts.agent.gradient_step)
        self.updater.num_skipped = self.counters.num_skipped
        self._checkup.resume(checkpoint.env_step)
