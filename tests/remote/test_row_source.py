import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from links import SMALL, write
from transitions import LAYOUT

from rl_agent.data.journal import JournalConfig, JournalWriter
from rl_agent.data.journal_segment import record_dtype
from rl_agent.exceptions import ProtocolError, RemoteError
from rl_agent.remote.records import pack_rows, unpack_rows
from rl_agent.remote.row_source import Place, RowSource

SIZE = record_dtype(LAYOUT).itemsize


def source(directory):
    return RowSource(directory, LAYOUT, must_be_durable=False)


def all_chunks(from_here, max_bytes):
    chunks = []
    while (chunk := from_here.read(max_bytes)) is not None:
        chunks.append(chunk)
    return chunks


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 30),
    per_segment=st.integers(1, 12),
    spoilt=st.sets(st.integers(0, 28), max_size=6),
    per_chunk=st.integers(1, 7),
    at=st.integers(0, 30),
)
def test_whole_rows_come_once_and_every_place_is_found_again(
    tmp_path_factory, count, per_segment, spoilt, per_chunk, at
):
    directory = tmp_path_factory.mktemp("journal")
    config = JournalConfig(sync="none", segment_records=per_segment)
    writer = JournalWriter(directory, LAYOUT, config)
    writer.append_rows(rows_of(tmp_path_factory, count))
    writer.close()
    spoilt = {index for index in spoilt if index < count - 1}
    for index in spoilt:
        spoil(directory / f"{index // per_segment:06d}.journal", index % per_segment)
    chunks = all_chunks(source(directory), per_chunk * SIZE)
    digest, rewards, places = "", [], [Place()]
    for chunk in chunks:
        assert chunk.start == places[-1]
        rows, digest = unpack_rows(chunk.data, LAYOUT, digest)
        assert digest == chunk.end.digest
        rewards += rows["reward"].tolist()
        places.append(chunk.end)
    assert rewards == [index for index in range(count) if index not in spoilt]
    # A new one that is told length and digest alone comes to the same place.
    target = places[at % len(places)]
    again = source(directory)
    while not again.catch_up(Place(num_rows=target.num_rows, digest=target.digest), SIZE):
        pass
    rest = b"".join(chunk.data for chunk in all_chunks(again, SIZE))
    assert rest == b"".join(chunk.data for chunk in chunks)[target.num_rows * SIZE :]


def rows_of(tmp_path_factory, count):
    directory = tmp_path_factory.mktemp("rows")
    write(directory, 0, count)
    chunks = all_chunks(source(directory), 10**6)
    return unpack_rows(chunks[0].data, LAYOUT, "")[0]


def spoil(path, record):
    data = bytearray(path.read_bytes())
    header = data.index(b"\n") + 1
    data[header + record * SIZE + 20] ^= 1
    path.write_bytes(bytes(data))


def test_without_damage_the_digest_is_the_journals(tmp_path):
    end = write(tmp_path, 0, 250)
    here = source(tmp_path)
    all_chunks(here, 3000)
    assert (here.place.num_rows, here.place.digest) == (250, end.digest)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Place(num_rows=11, digest="00"), "of which this journal has only 10"),
        (Place(num_rows=10, digest="00"), "not the first ones of this journal"),
        (Place(num_rows=0, digest="00"), "not the first ones of this journal"),
    ],
    ids=["longer", "other rows", "other beginning"],
)
def test_a_copy_of_something_else_is_told(tmp_path, target, said):
    write(tmp_path, 0, 10)
    here = source(tmp_path)
    with pytest.raises(RemoteError, match=said):
        for _ in range(12):
            here.catch_up(target, SIZE)


def test_a_journal_that_has_not_begun_fits_an_empty_copy(tmp_path):
    here = source(tmp_path / "later")
    assert here.catch_up(Place(), 1000)
    assert here.read(1000) is None
    write(tmp_path / "later", 0, 3)
    assert here.read(1000).end.num_rows == 3


def test_rows_are_synced_before_they_are_handed_out_unless_that_is_not_wanted(
    tmp_path, monkeypatch
):
    write(tmp_path, 0, 3)
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    assert source(tmp_path).read(1000).end.num_rows == 3
    assert synced == []
    assert RowSource(tmp_path, LAYOUT).read(1000).end.num_rows == 3
    assert len(synced) == 2  # the segment and its folder


def test_records_that_are_packed_are_those_of_the_journal(tmp_path):
    end = write(tmp_path, 0, 20)
    data = (tmp_path / "000000.journal").read_bytes()
    rows, digest = unpack_rows(data[-20 * SIZE :], LAYOUT, "")
    assert digest == end.digest
    packed = pack_rows(rows, LAYOUT, "")
    assert packed.data == data[-20 * SIZE :]
    assert packed.digest == end.digest
    assert SMALL.segment_records > 20


@given(data=st.binary(max_size=5 * SIZE))
def test_any_bytes_are_refused_as_records(data):
    with pytest.raises(ProtocolError):
        unpack_rows(data, LAYOUT, "")
