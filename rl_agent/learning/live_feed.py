"""A live learner's rows, from behind its checkpoint on: of the robot beside it, or of many."""

from __future__ import annotations

from dataclasses import dataclass

from rl_agent.clock import SteadyClock
from rl_agent.data.batched_follower import BatchedFollower
from rl_agent.data.journal import JournalOffset
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.data.meeting_point import MeetingPoint
from rl_agent.data.merged_journal import MergedJournal
from rl_agent.judging.judge import TASK
from rl_agent.tasks.episode_judge import EpisodeJudge
from rl_agent.tasks.episode_tally import EpisodeTally

from .journal_clock import JournalClock
from .live_run import LiveRun
from .row_feed import Feed, RobotTallies
from .run_folder import journal_dir, robots_dir


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """What was taken in of one robot."""

    num_rows: int = 0
    num_episodes: int = 0
    """Since this learner's start."""
    success_rate: float | None = None
    """Of the newest of them, in [0, 1]; None before the first one ended."""


@dataclass(frozen=True)
class RobotsFeed(Feed):
    """Rows of robots elsewhere, whose journals are copied into the run's folder."""

    rows: MergedJournal
    tally: RobotTallies

    def taken_in(self) -> dict[str, TakenIn]:
        """Return by name what was taken in of each robot, those from before this start too."""
        return {name: self._of(name, count) for name, count in self.rows.num_taken.items()}

    def _of(self, robot_id: str, num_rows: int) -> TakenIn:
        counted = self.tally.robots.get(robot_id)
        if counted is None:
            return TakenIn(num_rows=num_rows)
        return TakenIn(
            num_rows=num_rows,
            num_episodes=counted.num_episodes,
            success_rate=counted.newest.success_rate,
        )


def feed_beside(run: LiveRun, meet_every: int) -> Feed:
    """Return the feed of the robot on this machine, which writes the run's journal itself.

    Args:
        run: Whose journal it is.
        meet_every: In lock-step, the rows of a batch; else 0.
    """
    directory, end = journal_dir(run.run_dir), run.journal_end
    start = end if end is not None and end.num_records else None
    tally = _tally(run, begins_within=start is not None)
    follower = JournalFollower(directory, run.env.layout, start)
    if not meet_every:
        return Feed(follower, tally)
    batches = BatchedFollower(follower, size=meet_every)
    policy_hz = run.env.env.unwrapped.robot.policy_hz
    clock = JournalClock(lambda: batches.offset.num_records, policy_hz)
    return Feed(batches, tally, clock=clock, meet=MeetingPoint(run.run_dir, meet_every).tell)


def feed_of_robots(run: LiveRun) -> RobotsFeed:
    """Return the feed of robots elsewhere; it writes the run's journal.

    Raises:
        JournalError: The journal ends before the checkpoint does, or cannot be written.
    """
    checkpoint = run.checkpoint
    sources = checkpoint.values.get("sources", {}) if checkpoint is not None else {}
    merged = MergedJournal(
        journal_dir(run.run_dir),
        run.env.layout,
        robots_dir(run.run_dir),
        SteadyClock(),
        end=run.journal_end,
        taken={name: JournalOffset(**place) for name, place in sources.items()},
        config=run.config.journal,
        when_full=run.when_full,
        on_message=run.on_message,
    )
    tally = RobotTallies(
        lambda robot_id: _tally(run, begins_within=robot_id in sources),
        lambda: merged.robot_id,
    )
    return RobotsFeed(merged, tally, merged.sources, merged.close)


def _tally(run: LiveRun, *, begins_within: bool) -> EpisodeTally:
    twin = run.env.env.unwrapped
    is_tasks = run.config.live.judge == TASK
    judge = EpisodeJudge(twin.task, twin.robot.policy_hz) if is_tasks else None
    return EpisodeTally(judge, begins_within=begins_within)
