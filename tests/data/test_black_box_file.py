import errno
import hashlib
import json
import os
import time
from datetime import UTC, datetime

import pytest

from rl_agent.data import black_box_file
from rl_agent.data.black_box import Box, Trip
from rl_agent.data.black_box_file import BoxLabel, boxes_in, remove_unfinished, write_box

rosbag2 = pytest.importorskip("rosbags.rosbag2")
S = 1_000_000_000
KINDS = {"/safety_state": "std_msgs/msg/String", "/goal": "geometry_msgs/msg/PoseStamped"}
BOX = Box(
    trip=Trip("STOPPED", "e-stop", ("ESTOP",), 100 * S),
    messages=[
        ("/safety_state", 90 * S, b"\0\1\0\0abcd"),
        ("/safety_state", 100 * S, b"\0\1\0\0xy"),
    ],
    num_crowded_out=3,
    num_unwritten=1,
)


def label(second=0, **more):
    utc = datetime(2026, 11, 27, 10, 15, second, 250_000, tzinfo=UTC)
    return BoxLabel(profile="name: x\n", about={"robot": "x"}, kinds=KINDS, utc=utc, **more)


def test_a_box_holds_recording_profile_and_what_happened(tmp_path):
    path = write_box(tmp_path / "deep" / "boxes", BOX, label())
    assert path.name == "trip-20261127T101500Z-1"
    assert sorted(p.name for p in path.iterdir()) == ["profile.yaml", "recording", "trip.json"]
    with rosbag2.Reader(path / "recording") as reader:
        found = [(c.topic, time_ns, data) for c, time_ns, data in reader.messages()]
    assert found == BOX.messages
    about = json.loads((path / "trip.json").read_text())
    assert about == {
        "schema_version": 1,
        "robot": "x",
        "state": "STOPPED",
        "cause": "e-stop",
        "reasons": ["ESTOP"],
        "steady_s": 100.0,
        "utc": "2026-11-27T10:15:00.250+00:00",
        "profile_sha256": hashlib.sha256(b"name: x\n").hexdigest(),
        "messages": {"/safety_state": 2, "/goal": 0},
        "messages_crowded_out": 3,
        "trips_without_a_box": 1,
    }


def test_boxes_of_one_second_are_numbered(tmp_path):
    names = [write_box(tmp_path, BOX, label()).name for _ in range(3)]
    assert [name[-2:] for name in names] == ["-1", "-2", "-3"]


def test_only_the_newest_are_kept_and_nothing_else_is_touched(tmp_path):
    (tmp_path / "trip-notes").mkdir()
    (tmp_path / "trip-20200101T000000Z-1").mkdir()  # no trip.json: not ours
    for second in range(12):
        write_box(tmp_path, BOX, label(second, max_boxes=10))
    seconds = [path.name[18:20] for path in boxes_in(tmp_path)]
    assert seconds == [f"{s:02d}" for s in range(2, 12)]
    assert len(list(tmp_path.iterdir())) == 12


def test_the_tenth_of_a_second_is_newer_than_the_ninth(tmp_path):
    for _ in range(11):
        write_box(tmp_path, BOX, label(max_boxes=2))
    assert [path.name.rpartition("-")[2] for path in boxes_in(tmp_path)] == ["10", "11"]


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(black_box_file, "write_durably", full)
    with pytest.raises(OSError, match="No space left"):
        write_box(tmp_path, BOX, label())
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_is_removed(tmp_path):
    left = tmp_path / ".trip-20261127T101500Z-1.part"
    (left / "recording").mkdir(parents=True)
    hour_ago = time.time() - 3600.0
    os.utime(left, (hour_ago, hour_ago))
    (tmp_path / ".trip-mine.part").mkdir()
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".trip-mine.part"]
    remove_unfinished(tmp_path / "missing")


def test_what_another_process_writes_just_now_stays(tmp_path):
    (tmp_path / ".trip-20261127T101500Z-1.part").mkdir()
    remove_unfinished(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
