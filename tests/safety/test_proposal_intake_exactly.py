"""Which proposals are considered, at the edges. The rail: W = 125 ms, S = 20 ms, W + S = 145 ms."""

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.measurement_intake import LARGEST
from rl_agent.safety.proposal_intake import MAX_BAD_IN_A_ROW, MAX_PERIOD_S, ProposalIntake, examine
from rl_agent.safety.watchdog import StampLog
from rl_agent.types import Command, Proposal, Reason, Source


def proposal(position=(0.0,), velocity=(0.0,), **changes):
    values = {"source": Source.POLICY, "stamp_s": 1.0, "received_s": 1.0, "period_s": 0.05}
    return Proposal(command=Command(position, velocity), **(values | changes))


@pytest.fixture
def stamps():
    log = StampLog(10.0)
    log.add(1.0, 1.0)
    return log


@pytest.fixture
def intake():
    return ProposalIntake(rail())


def test_a_good_one_is_taken(intake, stamps):
    assert intake.take(proposal((0.5,), (0.1,)), 1.0, 7, stamps) is Reason.NONE
    entry = intake.mux.select(1.0)
    assert entry.tick == 7
    assert entry.proposal.command.position == pytest.approx([0.5])
    assert intake.watchdog.age_s(1.0) == 0.0


@pytest.mark.parametrize("part", ["position", "velocity"])
@pytest.mark.parametrize("bad", [(), (0.0, 0.0), "text", None])
def test_a_wrong_size_is_a_bad_proposal(part, bad):
    assert examine(proposal(**{part: bad}), 1) is Reason.BAD_PROPOSAL


@pytest.mark.parametrize("part", ["position", "velocity"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.nan, Reason.NON_FINITE),
        (np.inf, Reason.NON_FINITE),
        (-np.inf, Reason.NON_FINITE),
        (1e308, Reason.BAD_PROPOSAL),
        (-1.01 * LARGEST, Reason.BAD_PROPOSAL),
    ],
)
def test_a_number_beyond_sense_is_bad_and_one_that_is_none_is_worse(part, value, reason):
    good = {"position": (0.0, 0.0), "velocity": (0.0, 0.0)}
    assert examine(proposal(**(good | {part: (0.0, value)})), 2) is reason
    assert examine(proposal(**(good | {part: (value, 0.0)})), 2) is reason


@pytest.mark.parametrize("name", ["stamp_s", "received_s", "period_s"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_times_must_be_numbers(name, value):
    assert examine(proposal(**{name: value}), 1) is Reason.NON_FINITE


@pytest.mark.parametrize(
    ("period_s", "is_good"),
    [(-0.05, False), (0.0, False), (1e-3, True), (MAX_PERIOD_S, True), (2.001, False)],
)
def test_periods_are_positive_and_at_most_two_seconds(period_s, is_good):
    examined = examine(proposal(period_s=period_s), 1)
    assert (examined is Reason.BAD_PROPOSAL) != is_good


@pytest.mark.parametrize("large", [LARGEST, -LARGEST])
def test_the_largest_sensible_number_is_considered(large):
    assert isinstance(examine(proposal((large,), (large,)), 1), Proposal)


def test_what_is_considered_is_a_copy():
    position = np.zeros(1)
    examined = examine(proposal(position), 1)
    position[0] = 9.0
    assert examined.command.position[0] == 0.0
    assert (examined.stamp_s, examined.received_s, examined.period_s) == (1.0, 1.0, 0.05)


@pytest.mark.parametrize("stamp_s", [1.0, 0.99])
def test_a_stamp_must_be_newer_than_the_sources_last(intake, stamps, stamp_s):
    intake.take(proposal(stamp_s=1.0), 1.0, 0, stamps)
    again = proposal(stamp_s=stamp_s, received_s=1.01)
    assert intake.take(again, 1.01, 0, stamps) is Reason.STALE_PROPOSAL
    other = proposal(stamp_s=1.0, received_s=1.01, source=Source.HUMAN)
    assert intake.take(other, 1.01, 0, stamps) is Reason.NONE


@pytest.mark.parametrize(
    ("age_s", "reason"),
    [
        (0.0, Reason.NONE),
        (0.125, Reason.NONE),
        (0.125 + 5e-10, Reason.NONE),
        (0.125 + 2e-9, Reason.STALE_PROPOSAL),
        (0.2, Reason.STALE_PROPOSAL),
    ],
)
def test_it_must_have_arrived_within_w(intake, age_s, reason):
    stamps = StampLog(10.0)
    now_s = 1.0 + age_s
    stamps.add(1.0, now_s)  # the observation itself is fresh
    assert intake.take(proposal(stamp_s=1.0, received_s=1.0), now_s, 0, stamps) is reason


@pytest.mark.parametrize(
    ("age_s", "reason"),
    [
        (0.145, Reason.NONE),
        (0.145 + 5e-10, Reason.NONE),
        (0.145 + 2e-9, Reason.STALE_PROPOSAL),
        (1.0, Reason.STALE_PROPOSAL),
    ],
)
def test_its_observation_must_be_younger_than_w_and_s(intake, stamps, age_s, reason):
    now_s = 1.0 + age_s
    assert intake.take(proposal(received_s=now_s), now_s, 0, stamps) is reason


def test_an_observation_that_nobody_received_is_too_old(intake, stamps):
    unknown = proposal(stamp_s=0.9)
    assert intake.take(unknown, 1.0, 0, stamps) is Reason.STALE_PROPOSAL


@pytest.mark.parametrize(
    ("ahead_s", "reason"), [(0.14, Reason.NONE), (0.15, Reason.STALE_PROPOSAL)]
)
def test_a_stamp_far_ahead_of_all_measurements_is_refused(intake, stamps, ahead_s, reason):
    assert intake.take(proposal(stamp_s=1.0 + ahead_s), 1.0, 0, stamps) is reason


def test_nothing_arrives_in_the_future(intake, stamps):
    intake.take(proposal(received_s=50.0), 1.0, 0, stamps)
    assert intake.mux.newest(Source.POLICY).proposal.received_s == 1.0
    assert intake.watchdog.received_s == 1.0


def test_a_source_is_broken_after_five_bad_ones_in_a_row(intake, stamps):
    for count in range(1, MAX_BAD_IN_A_ROW + 2):
        assert intake.take(proposal(()), 1.0, 0, stamps) is Reason.BAD_PROPOSAL
        assert intake.is_broken(Source.POLICY) == (count >= MAX_BAD_IN_A_ROW)
    assert not intake.is_broken(Source.HUMAN)


def test_a_good_one_in_between_counts_anew(intake, stamps):
    for _ in range(4):
        intake.take(proposal(()), 1.0, 0, stamps)
    intake.take(proposal(), 1.0, 0, stamps)
    for _ in range(4):
        intake.take(proposal(()), 1.0, 0, stamps)
    assert not intake.is_broken(Source.POLICY)


def test_clearing_forgets_proposals_and_bad_ones(intake, stamps):
    intake.take(proposal(), 1.0, 0, stamps)
    for _ in range(5):
        intake.take(proposal(()), 1.0, 0, stamps)
    intake.clear()
    assert not intake.is_broken(Source.POLICY)
    assert not intake.watchdog.is_fed
    assert intake.mux.select(1.0) is None


def test_an_intake_goes_on_where_it_was_saved(intake, stamps):
    intake.take(proposal((0.3,), (0.2,)), 1.0, 4, stamps)
    for _ in range(4):
        intake.take(proposal(()), 1.0, 0, stamps)
    other = ProposalIntake(rail())
    other.set_state(intake.get_state())
    assert other.watchdog.received_s == 1.0
    assert other.mux.newest(Source.POLICY).tick == 4
    assert not other.is_broken(Source.POLICY)
    other.take(proposal(()), 1.0, 0, stamps)
    assert other.is_broken(Source.POLICY)


def test_an_empty_intake_is_restored_empty(intake, stamps):
    intake.take(proposal(), 1.0, 0, stamps)
    intake.set_state(ProposalIntake(rail()).get_state())
    assert not intake.watchdog.is_fed
    assert intake.mux.newest(Source.POLICY) is None


def test_silence_follows_the_profile(intake):
    assert (intake.watchdog.timeout_s, intake.watchdog.silence_s) == (0.125, 0.5)
