"""What is told of each robot: rows that were taken in, also before this start; episodes since."""

from contextlib import closing

import pytest
from transitions import LAYOUT, transition

from rl_agent.clock import ManualClock
from rl_agent.data.journal import JournalOffset, JournalWriter
from rl_agent.data.merged_journal import MergedJournal
from rl_agent.learning.live_feed import RobotsFeed, TakenIn
from rl_agent.learning.row_feed import RobotTallies
from rl_agent.tasks.episode_tally import EpisodeTally


@pytest.fixture
def feed(tmp_path):
    """Open it where a checkpoint was taken, as often as a test likes."""
    opened = []

    def open_(**place):
        for before in opened:
            before.close()
        robots = tmp_path / "robots"
        merged = MergedJournal(tmp_path / "run", LAYOUT, robots, ManualClock(), **place)
        tally = RobotTallies(lambda robot_id: EpisodeTally(None), lambda: merged.robot_id)
        opened[:] = [RobotsFeed(merged, tally, merged.sources, merged.close)]
        return opened[0]

    yield open_
    for last in opened:
        last.close()


def live(tmp_path, robot, episodes):
    """Keep a step for each reward; with the last one of each list an episode ends."""
    with closing(JournalWriter(tmp_path / "robots" / robot, LAYOUT)) as writer:
        for rewards in episodes:
            for index, reward in enumerate(rewards):
                is_last = index == len(rewards) - 1
                writer.append(transition(index, reward=reward, truncated=is_last))


def take_all(feed):
    while len(rows := feed.rows.read()):
        feed.tally.take(rows)


def test_each_robots_rows_episodes_and_successes_are_told(tmp_path, feed):
    opened = feed()
    assert opened.taken_in() == {}
    # A judge's reward at an episode's end is what makes it a success.
    live(tmp_path, "a", [[0.0, 1.0], [0.0], [0.0, 0.0, 1.0], [1.0]])
    live(tmp_path, "b", [[0.0, 0.0]])
    take_all(opened)
    assert opened.taken_in() == {
        "a": TakenIn(num_rows=7, num_episodes=4, success_rate=0.75),
        "b": TakenIn(num_rows=2, num_episodes=1, success_rate=0.0),
    }


def test_after_a_start_rows_from_before_count_and_episodes_do_not(tmp_path, feed):
    live(tmp_path, "a", [[0.0, 1.0], [0.0]])
    before = feed()
    take_all(before)
    taken = {name: JournalOffset(**place) for name, place in before.sources().items()}
    again = feed(end=before.rows.offset, taken=taken)
    assert again.taken_in() == {"a": TakenIn(num_rows=3, num_episodes=0, success_rate=None)}
