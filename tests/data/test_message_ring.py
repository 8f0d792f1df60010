import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.data.message_ring import OVERHEAD_BYTES, MessageRing

PLENTY = 10**9


def ring(*, window_ns=100, max_bytes=PLENTY, is_latched=False):
    return MessageRing(window_ns=window_ns, max_bytes=max_bytes, is_latched=is_latched)


def fill(made, *times):
    for time_ns in times:
        made.add(time_ns, b"%d" % time_ns)
    return made


def times(made, start_ns=0):
    return [time_ns for time_ns, _ in made.since(start_ns)]


def test_what_is_older_than_the_window_is_forgotten():
    made = fill(ring(), 0, 50, 100, 150, 201)
    assert times(made) == [150, 201]
    assert made.newest_ns == 201
    assert made.num_crowded_out == 0


def test_messages_come_back_as_they_went_in():
    assert fill(ring(), 7).since(0) == [(7, b"7")]


def test_the_oldest_go_first_where_bytes_are_short():
    made = ring(max_bytes=2 * (OVERHEAD_BYTES + 1))
    assert times(fill(made, 1, 2, 3)) == [2, 3]
    assert made.num_crowded_out == 1


def test_a_message_that_is_too_large_is_left_out_and_pushes_nothing_out():
    made = fill(ring(max_bytes=1000), 1)
    made.add(2, bytes(1000))
    assert times(made) == [1]
    assert made.num_crowded_out == 1


def test_a_latched_topic_keeps_what_held_when_the_window_began():
    assert times(fill(ring(is_latched=True), 1, 2, 500), 450) == [2, 500]
    assert times(fill(ring(is_latched=True), 1, 2, 500, 510), 505) == [500, 510]
    assert times(fill(ring(is_latched=True), 1, 2), 1000) == [2]
    assert times(fill(ring(), 1, 2, 500), 450) == [500]


def test_an_empty_ring_has_nothing():
    assert ring(is_latched=True).since(0) == []
    assert ring().newest_ns is None


@given(
    sizes=st.lists(st.integers(0, 2000), max_size=60),
    max_bytes=st.integers(OVERHEAD_BYTES, 5000),
    is_latched=st.booleans(),
)
def test_neither_bound_is_ever_exceeded(sizes, max_bytes, is_latched):
    made = ring(max_bytes=max_bytes, window_ns=20, is_latched=is_latched)
    for time_ns, size in enumerate(sizes):
        made.add(time_ns, bytes(size))
        held = made._messages
        assert sum(len(data) + OVERHEAD_BYTES for _, data in held) <= max_bytes
        assert all(t >= time_ns - 20 or t == held[-1][0] for t, _ in held)
        assert made._num_bytes == sum(len(data) + OVERHEAD_BYTES for _, data in held)


@pytest.mark.parametrize("is_latched", [False, True])
def test_a_clock_that_jumps_leaves_something_to_show(is_latched):
    made = fill(ring(is_latched=is_latched), 100, 90, 95)
    assert times(made) == [100, 90, 95]
