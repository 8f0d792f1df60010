import json
import os
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from waiting import wait_until

from rl_agent.deploy.swap_event import SwapEvent, SwapKind
from rl_agent.deploy.swap_log import SwapLog, read_bad_versions, read_events


def event(version, kind=SwapKind.PROMOTED, **statistics):
    return SwapEvent(
        kind=kind,
        policy_version=version,
        bundle_hash="ab" * 32,
        tick=7,
        sentence="blended in",
        statistics=statistics,
    )


def test_an_event_is_one_line_of_json():
    line = event(3, rough=0.25, reward=float("nan")).to_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "schema_version": 1,
        "kind": "promoted",
        "policy_version": 3,
        "bundle_hash": "ab" * 32,
        "tick": 7,
        "sentence": "blended in",
        "statistics": {"rough": 0.25, "reward": None},
    }


def test_events_are_appended_in_order(tmp_path):
    path = tmp_path / "swaps.jsonl"
    for first in (0, 5):
        log = SwapLog(path)
        for version in range(first, first + 5):
            log.put(event(version))
        log.close()
    lines = path.read_text().splitlines()
    assert [json.loads(line)["policy_version"] for line in lines] == list(range(10))
    assert log.num_lost == 0


def test_a_line_tells_the_walls_time_and_older_lines_without_it_are_read(tmp_path):
    path = tmp_path / "swaps.jsonl"
    path.write_text(event(1).to_json() + "\n")
    log = SwapLog(path)
    log.put(event(2))
    log.close()
    old, new = read_events(path)
    assert "utc" not in old and old["policy_version"] == 1
    age = datetime.now(UTC) - datetime.fromisoformat(new["utc"])
    assert 0.0 <= age.total_seconds() < 60.0 and new["policy_version"] == 2


def test_a_version_that_could_not_be_loaded_is_not_bad_for_ever(tmp_path):
    path = tmp_path / "swaps.jsonl"
    refused = replace(event(4, SwapKind.REFUSED), bundle_hash="")
    path.write_text(refused.to_json() + "\n")
    assert read_bad_versions(path) == set()


def versions(path):
    return [event["policy_version"] for event in read_events(path)]


def test_a_folder_that_is_missing_is_told_once_and_waited_for_in_order(tmp_path):
    said, path = [], tmp_path / "away" / "swaps.jsonl"
    log = SwapLog(path, said.append, retry_s=0.005)
    for version in range(3):
        log.put(event(version))
    wait_until(lambda: said)
    assert len(said) == 1 and "No such file or directory" in said[0]
    path.parent.mkdir()
    log.put(event(3))
    wait_until(lambda: versions(path) == [0, 1, 2, 3])
    log.close()
    assert log.num_lost == 0


def test_what_could_not_be_written_until_the_end_is_counted(tmp_path):
    log = SwapLog(tmp_path / "away" / "swaps.jsonl")
    for version in range(3):
        log.put(event(version))
    log.close()
    assert log.num_failed == 3


def test_while_a_disk_is_full_the_queue_is_bounded(tmp_path):
    log = SwapLog(tmp_path / "away" / "swaps.jsonl", capacity=3)
    log.put(event(0))
    wait_until(lambda: log._waiting.qsize() == 0)
    for version in range(1, 6):
        log.put(event(version))
    log.close()
    assert (log.num_refused, log.num_failed) == (2, 4)


def test_a_roll_back_on_a_full_disk_is_written_whole_once_there_is_room(tmp_path, monkeypatch):
    path, said = tmp_path / "swaps.jsonl", []
    write = os.write
    log = SwapLog(path, said.append, retry_s=0.005)
    log.put(event(1))
    wait_until(lambda: versions(path) == [1])
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:20]))
    log.put(event(2, SwapKind.ROLLED_BACK))
    wait_until(lambda: said)
    monkeypatch.undo()
    log.put(event(3, SwapKind.ROLLED_BACK))
    wait_until(lambda: versions(path) == [1, 2, 3])
    log.close()
    assert "only 20 of" in said[0] and len(said) == 1
    assert [json.loads(line)["policy_version"] for line in path.read_text().splitlines()] == [
        *(1, 2, 3)
    ]
    assert read_bad_versions(path) == {2, 3}


@pytest.mark.parametrize("torn", ["", '{"kind": "rolled_b'])
def test_what_the_last_process_left_half_written_swallows_no_line(tmp_path, torn):
    path = tmp_path / "swaps.jsonl"
    path.write_text(event(1).to_json() + "\n" + torn)
    log = SwapLog(path)
    log.put(event(2, SwapKind.ROLLED_BACK))
    log.close()
    assert versions(path) == [1, 2]


def test_a_disk_that_waits_is_not_waited_for(tmp_path, monkeypatch):
    free, write = threading.Event(), os.write

    def slow(descriptor, data):
        free.wait(20.0)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", slow)
    path = tmp_path / "swaps.jsonl"
    log = SwapLog(path, capacity=3)
    log.put(event(0))
    wait_until(lambda: log._waiting.qsize() == 0)
    start_s = time.monotonic()
    for version in range(1, 6):
        log.put(event(version))
    assert time.monotonic() - start_s < 1.0
    assert log.num_refused == 2
    free.set()
    log.close()
    assert versions(path) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (SwapKind.REFUSED, {4}),
        (SwapKind.ROLLED_BACK, {4}),
        (SwapKind.OUTDATED, set()),
        (SwapKind.REPLACED, set()),
        (SwapKind.PROMOTED, set()),
    ],
)
def test_a_log_tells_which_versions_were_bad(tmp_path, kind, expected):
    path = tmp_path / "swaps.jsonl"
    path.write_text(event(4, kind).to_json() + '\n{"kind": "refu\n[]\n\n')
    assert read_bad_versions(path) == expected


def test_without_a_log_no_version_is_bad(tmp_path):
    assert read_bad_versions(tmp_path / "none.jsonl") == set()
