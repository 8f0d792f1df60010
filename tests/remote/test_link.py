"""A robot and its learner over real sockets: every record once, in order, whatever breaks."""

import dataclasses
import os
import shutil
import socket
import threading
import time
from contextlib import closing

import pytest
from links import LINK, SMALL, digest, rewards, write
from transitions import LAYOUT, transition
from waiting import wait_until

from rl_agent.data.journal import JournalReader, JournalWriter
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.data.journal_segment import record_dtype
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import RemoteError
from rl_agent.remote.journal_sender import SenderConfig
from rl_agent.remote.replica import Replica

RECORD_BYTES = record_dtype(LAYOUT).itemsize


def test_a_journal_is_copied_to_the_last_bit(tmp_path, robot, learner):
    write(tmp_path / "run", 0, 250)
    there = learner(tmp_path / "learner")
    here = robot(tmp_path / "run", there.port)
    assert here.wait_until_sent(250, 30.0)
    copy = there.replica_dir("arm-1")
    assert rewards(copy) == list(range(250))
    # With segments of the same length even the files are equal.
    for path in (tmp_path / "run").iterdir():
        assert (copy / path.name).read_bytes() == path.read_bytes()
    status = there.robots()["arm-1"]
    assert (status.is_connected, status.num_rows) == (True, 250)
    assert (here.status.num_acknowledged, here.status.trouble) == (250, "")


def test_rows_that_come_later_follow_and_can_be_read_while_they_do(tmp_path, robot, learner):
    there = learner(tmp_path / "learner")
    here = robot(tmp_path / "run", there.port)  # before the journal begins
    wait_until(lambda: here.status.is_connected)
    follower, seen = JournalFollower(there.replica_dir("arm-1"), LAYOUT), []
    with closing(JournalWriter(tmp_path / "run", LAYOUT, SMALL)) as writer:
        for index in range(150):
            writer.append(transition(index))
            if index % 50 == 49:
                assert here.wait_until_sent(index + 1, 30.0)
                seen += follower.read()["reward"].tolist()
    while len(rows := follower.read()):
        seen += rows["reward"].tolist()
    assert seen == list(range(150))
    assert follower.offset.digest == writer.offset.digest


def test_two_robots_at_once(tmp_path, robot, learner):
    write(tmp_path / "a", 0, 300)
    write(tmp_path / "b", 1000, 1200)
    there = learner(tmp_path / "learner")
    senders = [robot(tmp_path / name, there.port, robot_id=name) for name in ("a", "b")]
    assert senders[0].wait_until_sent(300, 30.0)
    assert senders[1].wait_until_sent(200, 30.0)
    assert rewards(there.replica_dir("a")) == list(range(300))
    assert rewards(there.replica_dir("b")) == list(range(1000, 1200))
    assert set(there.robots()) == {"a", "b"}


def test_robots_whose_rows_differ_share_a_learner(tmp_path, robot, learner):
    wide = TransitionLayout(obs_dim=5, act_dim=3)
    there = learner(tmp_path / "learner")
    write(tmp_path / "a", 0, 10)
    JournalWriter(tmp_path / "b", wide, SMALL).close()
    first = robot(tmp_path / "a", there.port, robot_id="a")
    second = robot(tmp_path / "b", there.port, robot_id="b", layout=wide)
    assert first.wait_until_sent(10, 30.0)
    wait_until(lambda: second.status.is_connected)
    assert JournalReader(there.replica_dir("b")).layout == wide


def test_a_sender_that_is_started_again_goes_on(tmp_path, robot, learner):
    there = learner(tmp_path / "learner")
    end = 0
    for count in (40, 1, 170):
        write(tmp_path / "run", end, end + count)
        end += count
        here = robot(tmp_path / "run", there.port)
        assert here.wait_until_sent(end, 30.0)
        here.close()
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


def test_a_receiver_that_is_started_again_goes_on(tmp_path, robot, learner):
    there = learner(tmp_path / "learner")
    here = robot(tmp_path / "run", there.port)
    end = 0
    for count in (30, 100, 7):
        write(tmp_path / "run", end, end + count)
        end += count
        assert here.wait_until_sent(end, 30.0)
        port = there.port
        there.close()
        write(tmp_path / "run", end, end + 5)
        end += 5
        there = learner(tmp_path / "learner", port=port)
    assert here.wait_until_sent(end, 30.0)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


def test_what_a_learners_power_failure_took_is_sent_again(tmp_path, robot, learner):
    write(tmp_path / "run", 0, 80)
    there = learner(tmp_path / "learner")
    here = robot(tmp_path / "run", there.port)
    assert here.wait_until_sent(80, 30.0)
    port, copy = there.port, there.replica_dir("arm-1")
    there.close()
    data = (copy / "000000.journal").read_bytes()
    (copy / "000000.journal").write_bytes(data[: -30 * RECORD_BYTES - 7])
    there = learner(tmp_path / "learner", port=port)
    wait_until(lambda: there.robots().get("arm-1") and there.robots()["arm-1"].num_rows == 80)
    assert digest(copy) == digest(tmp_path / "run")


@pytest.mark.parametrize("budget", [0, 1, 3, 4, 50, 300, 800, 2500, 5000, 9001])
def test_a_link_that_is_cut_in_mid_frame_loses_nothing(tmp_path, robot, learner, proxy, budget):
    write(tmp_path / "run", 0, 150)
    there = learner(tmp_path / "learner")
    between = proxy(there.port)
    between.mend(budget)
    here = robot(tmp_path / "run", between.port)
    wait_until(lambda: not between.is_up)
    write(tmp_path / "run", 150, 200)
    between.mend()
    assert here.wait_until_sent(200, 30.0)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


def test_a_link_that_is_cut_over_and_over_comes_through(tmp_path, robot, learner, proxy):
    write(tmp_path / "run", 0, 400)
    there = learner(tmp_path / "learner")
    between = proxy(there.port)
    between.mend(3000)
    here = robot(tmp_path / "run", between.port)

    def mended():
        if not between.is_up:
            between.mend(3000)
        return here.status.num_records == 400

    wait_until(mended, 60.0)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")
    assert here.status.num_links > 3


def test_a_silent_network_is_noticed_and_the_link_made_anew(tmp_path, robot, learner, proxy):
    link = dataclasses.replace(LINK, heartbeat_s=0.05, timeout_s=0.5)
    there = learner(tmp_path / "learner", link=link)
    between = proxy(there.port)
    told = []
    here = robot(tmp_path / "run", between.port, link=link, on_message=told.append)
    wait_until(lambda: here.status.is_connected)
    between.is_frozen = True
    write(tmp_path / "run", 0, 20)
    wait_until(lambda: not here.status.is_connected)
    wait_until(lambda: "nothing was heard" in " ".join(told))
    wait_until(lambda: not there.robots()["arm-1"].is_connected)
    between.is_frozen = False
    assert here.wait_until_sent(20, 30.0)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


def test_a_robot_that_comes_back_ends_its_dead_connection(tmp_path, robot, learner, proxy):
    write(tmp_path / "run", 0, 20)
    there = learner(tmp_path / "learner")
    between = proxy(there.port)
    first = robot(tmp_path / "run", between.port)
    assert first.wait_until_sent(20, 30.0)
    between.is_frozen = True  # the learner will not know for 10 s
    write(tmp_path / "run", 20, 30)
    second = robot(tmp_path / "run", there.port)
    assert second.wait_until_sent(30, 8.0)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


def test_no_more_than_the_window_is_under_way(tmp_path, robot, learner, proxy):
    write(tmp_path / "run", 0, 500)
    there = learner(tmp_path / "learner")
    between = proxy(there.port)
    here = robot(tmp_path / "run", between.port, window_bytes=4096)
    assert here.wait_until_sent(500, 30.0)
    between.cut()
    wait_until(lambda: not here.status.is_connected)
    # After the cut at most a window's rows can be lost on the way, and nothing was acknowledged
    # that the learner does not hold.
    assert here.status.num_acknowledged == there.robots()["arm-1"].num_rows == 500


def test_damaged_records_stay_at_home_and_are_counted(tmp_path, robot, learner):
    write(tmp_path / "run", 0, 250)
    path = tmp_path / "run/000001.journal"
    data = bytearray(path.read_bytes())
    data[-10 * RECORD_BYTES + 20] ^= 1  # record 190
    path.write_bytes(bytes(data))
    there = learner(tmp_path / "learner")
    here = robot(tmp_path / "run", there.port)
    assert here.wait_until_sent(250, 30.0)
    expected = [index for index in range(250) if index != 190]
    assert rewards(there.replica_dir("arm-1")) == expected
    assert (here.status.num_damaged, here.status.num_acknowledged) == (1, 249)
    here.close()
    write(tmp_path / "run", 250, 260)
    again = robot(tmp_path / "run", there.port)
    assert again.wait_until_sent(260, 30.0)
    assert rewards(there.replica_dir("arm-1")) == [*expected, *range(250, 260)]


@pytest.mark.parametrize("first", [1000, 0], ids=["other rows", "fewer rows"])
def test_another_run_is_refused_and_begins_once_the_copy_is_moved(tmp_path, robot, learner, first):
    write(tmp_path / "old", 0, 50)
    write(tmp_path / "new", first, first + 40)
    there = learner(tmp_path / "learner")
    with closing(robot(tmp_path / "old", there.port)) as before:
        assert before.wait_until_sent(50, 30.0)
    copy = there.replica_dir("arm-1")
    told = []
    here = robot(tmp_path / "new", there.port, on_message=told.append)
    wait_until(lambda: told)
    assert "another run" in told[0] and "Move the robot's folder away" in told[0]
    assert rewards(copy) == list(range(50))
    wait_until(lambda: not there.robots()["arm-1"].is_connected)
    shutil.move(copy, tmp_path / "kept")
    assert here.wait_until_sent(40, 30.0)
    assert digest(copy) == digest(tmp_path / "new")
    assert rewards(tmp_path / "kept") == list(range(50))


def test_a_copy_of_other_rows_is_refused_with_a_reason(tmp_path, robot, learner):
    write(tmp_path / "learner/arm-1", 0, 3)
    wide = TransitionLayout(obs_dim=5, act_dim=3)
    told = []
    there = learner(tmp_path / "learner")
    robot(tmp_path / "run", there.port, layout=wide, on_message=told.append)
    wait_until(lambda: told)
    assert "expected TransitionLayout(obs_dim=5" in told[0]


def test_a_learners_full_disk_ends_the_link_and_nothing_is_lost(
    tmp_path, robot, learner, monkeypatch
):
    write(tmp_path / "run", 0, 60)
    there = learner(tmp_path / "learner")
    is_full = threading.Event()
    is_full.set()
    append = JournalWriter._write

    def write_or_refuse(self, data):
        if is_full.is_set() and "learner" in str(self.directory) and self._num_records == 33:
            self._carry_out(full_disk, self.directory, len(data))
        append(self, data)

    def full_disk():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(JournalWriter, "_write", write_or_refuse)
    told = []
    here = robot(tmp_path / "run", there.port, on_message=told.append)
    wait_until(lambda: "No space left" in " ".join(told))
    wait_until(lambda: there.robots()["arm-1"].num_rows == 33)
    is_full.clear()
    assert here.wait_until_sent(60, 30.0)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


def test_rows_are_on_the_robots_disk_before_they_are_sent(tmp_path, robot, learner, monkeypatch):
    write(tmp_path / "run", 0, 250)
    there = learner(tmp_path / "learner")
    synced = []
    fsync = os.fsync

    def note(descriptor):
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    here = robot(tmp_path / "run", there.port, must_be_durable=True)
    assert here.wait_until_sent(250, 30.0)
    for name in ("000000.journal", "000001.journal", "000002.journal"):
        assert str(tmp_path / "run" / name) in synced


def test_a_sender_waits_for_a_learner_that_is_not_there_yet(tmp_path, robot, learner):
    write(tmp_path / "run", 0, 10)
    with closing(learner(tmp_path / "early")) as early:
        port = early.port
    told = []
    here = robot(tmp_path / "run", port, on_message=told.append)
    wait_until(lambda: told)
    assert not here.wait_until_sent(1, 0.0)
    there = learner(tmp_path / "learner", port=port)
    assert here.wait_until_sent(10, 30.0)
    assert len(told) == 1  # not at every try
    assert rewards(there.replica_dir("arm-1")) == list(range(10))


def test_closing_takes_no_longer_than_a_moment(tmp_path, robot, learner):
    there = learner(tmp_path / "learner")
    here = robot(tmp_path / "run", there.port)
    wait_until(lambda: here.status.is_connected)
    here.close()
    there.close()
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"journal-sender", "journal-receiver", "robot-link"}


def test_rows_that_fit_into_no_frame_are_refused_at_once(tmp_path, robot):
    huge = TransitionLayout(obs_dim=1000, act_dim=1)  # 2 x 4000 bytes, and 2048 to a frame
    with pytest.raises(RemoteError, match="a row takes 80"):
        robot(tmp_path / "run", 1234, layout=huge)


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 0},
        {"port": 70_000},
        {"retry_min_s": 0.0},
        {"retry_min_s": 20.0},
        {"send_interval_s": -1.0},
        {"send_interval_s": float("nan")},
        {"window_bytes": 10},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused_by_name(changes):
    with pytest.raises(RemoteError, match=next(iter(changes))):
        SenderConfig(robot_id="arm", **changes)


def test_a_copy_is_opened_by_one_connection_at_a_time(tmp_path, robot, learner, monkeypatch):
    # Opening reads all of it; meanwhile the robot may have lost patience and come again.
    go_on, at_once, most = threading.Event(), [], []
    open_it = Replica.open

    def open_slowly(self, layout):
        at_once.append(1)
        most.append(len(at_once))
        assert go_on.wait(30.0)
        try:
            return open_it(self, layout)
        finally:
            at_once.pop()

    monkeypatch.setattr(Replica, "open", open_slowly)
    write(tmp_path / "run", 0, 20)
    link = dataclasses.replace(LINK, timeout_s=0.4)  # half of it is waited for the copy
    told = []
    there = learner(tmp_path / "learner", link=link, on_message=told.append)
    first = robot(tmp_path / "run", there.port)
    wait_until(lambda: most)
    first.close()
    here = robot(tmp_path / "run", there.port)
    wait_until(lambda: any("earlier connection" in text for text in told))
    go_on.set()
    assert here.wait_until_sent(20, 30.0)
    assert max(most) == 1


def test_a_learner_is_closed_at_once_also_while_strangers_say_nothing(tmp_path, learner):
    there = learner(tmp_path / "learner", link=dataclasses.replace(LINK, handshake_s=60.0))
    socks = [socket.create_connection(("127.0.0.1", there.port)) for _ in range(5)]
    for sock in socks:
        assert sock.recv(10)  # the challenge begins
    begun_s = time.monotonic()
    there.close()
    assert time.monotonic() - begun_s < 4.0
    for sock in socks:
        sock.close()
