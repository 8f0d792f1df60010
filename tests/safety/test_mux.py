import numpy as np
import pytest

from rl_agent.safety.mux import Mux
from rl_agent.types import Command, Proposal, Source


def proposal(source, received_s):
    command = Command(np.zeros(1), np.zeros(1))
    return Proposal(source, command, stamp_s=received_s, received_s=received_s, period_s=0.05)


def selected(mux, now_s):
    entry = mux.select(now_s)
    return entry and entry.proposal.source


@pytest.fixture
def mux():
    mux = Mux(timeout_s=0.125)
    for tick, source in enumerate((Source.POLICY, Source.HUMAN, Source.MPC)):
        mux.accept(proposal(source, 1.0), tick)
    return mux


def test_human_wins_over_mpc_and_mpc_over_policy(mux):
    assert selected(mux, 1.0) is Source.HUMAN
    mux.accept(proposal(Source.MPC, 1.1), 9)
    assert selected(mux, 1.2) is Source.MPC
    mux.accept(proposal(Source.POLICY, 1.3), 9)
    assert selected(mux, 1.3) is Source.POLICY


def test_a_stale_source_is_not_followed(mux):
    assert selected(mux, 1.125) is Source.HUMAN
    assert selected(mux, 1.1251) is None


def test_only_the_newest_proposal_of_a_source_is_kept(mux):
    newer = proposal(Source.HUMAN, 1.01)
    mux.accept(newer, 5)
    entry = mux.select(1.02)
    assert entry.proposal is newer
    assert entry.tick == 5


def test_clearing_keeps_the_stamps_unless_they_count_anew(mux):
    mux.clear()
    assert mux.select(1.0) is None
    assert mux.last_stamp_s(Source.POLICY) == 1.0
    mux.clear(stamps=True)
    assert mux.last_stamp_s(Source.POLICY) == -np.inf
