"""Any bytes as a journal: rows whose checksum holds or a JournalError, and no row invented."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transitions import LAYOUT, transition

from rl_agent.data.journal import JournalConfig, JournalReader, JournalWriter
from rl_agent.data.journal_segment import Header
from rl_agent.exceptions import JournalError

MODEST = settings(max_examples=150, deadline=None)
HEADER = json.loads(Header(layout=LAYOUT, segment=0, first_record=0).to_bytes())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A segment of six records, and its rows."""
    directory = tmp_path_factory.mktemp("whole")
    writer = JournalWriter(directory, LAYOUT, JournalConfig(sync="none"))
    for index in range(6):
        writer.append(transition(index))
    writer.close()
    data = (directory / "000000.journal").read_bytes()
    return data, [row.tobytes() for row in JournalReader(directory).read().rows]


def read_all(directory, data):
    """Return the rows that are taken from a segment of these bytes; None where it is refused."""
    (directory / "000000.journal").write_bytes(data)
    try:
        return [row.tobytes() for row in JournalReader(directory).read().rows]
    except JournalError as error:
        assert "journal" in str(error) and len(str(error)) < 1_000
        return None


@given(st.binary(max_size=400))
@example(b"[" * 60_000 + b"\n")
@example(b"1" * 5_000 + b"\n")
@example(b"\n")
@example(b"[]\n")
@MODEST
def test_any_bytes_are_no_experience(tmp_path_factory, data):
    assert not read_all(tmp_path_factory.mktemp("fuzz"), data)


@given(st.sampled_from(sorted(HEADER)), JSON)
@example("dims", [10**30, 1, 0, 0])
@example("dims", [-1, 1, 0, 0])
@example("dims", [2**31, 2**31, 0, 0])
@example("segment", 10**400)
@example("first_record", float("inf"))
@example("format", "x" * 10_000)
@MODEST
def test_any_header_is_the_written_one_or_refused(tmp_path_factory, key, value):
    line = json.dumps({**HEADER, key: value}).encode() + b"\n"
    is_same = json.dumps(HEADER[key]) == json.dumps(value)
    assert read_all(tmp_path_factory.mktemp("fuzz"), line) == ([] if is_same else None)


@given(data=st.data())
@MODEST
def test_damage_of_any_kind_loses_rows_and_invents_none(tmp_path_factory, whole, data):
    segment, rows = whole
    start = data.draw(st.integers(0, len(segment)))
    end = data.draw(st.integers(start, min(start + 60, len(segment))))
    patched = segment[:start] + data.draw(st.binary(max_size=60)) + segment[end:]
    found = read_all(tmp_path_factory.mktemp("fuzz"), patched)
    left = iter(rows)
    assert found is None or all(row in left for row in found)
