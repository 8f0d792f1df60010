import numpy as np

from rl_agent.interface.applied_sum import MAX_STAMPS, AppliedSum
from rl_agent.types import Command, Reason


def command(position):
    return Command(np.array([position]), np.zeros(1))


def note(applied, stamp_s, position=0.0, reasons=0, shares=(0.0, 0.0, 0.0)):
    applied.note(stamp_s, command(position), int(reasons), np.array(shares))


def test_ticks_of_one_proposal_are_summed():
    applied = AppliedSum()
    note(applied, 1.0, 0.1, Reason.VELOCITY, (0.0, 0.5, 0.0))
    note(applied, 1.0, 0.2, Reason.ACCELERATION, (0.0, 0.25, 0.125))
    found = applied.take(1.0)
    assert found.command.position.tolist() == [0.2]
    assert found.reasons == Reason.VELOCITY | Reason.ACCELERATION
    assert found.shares.tolist() == [0.0, 0.75, 0.125]
    assert applied.take(1.0) is None


def test_proposals_are_told_apart_by_their_stamps():
    applied = AppliedSum()
    note(applied, 1.0, 0.1)
    note(applied, 1.05, 0.2)
    note(applied, 1.0, 0.3)
    assert applied.take(1.05).command.position.tolist() == [0.2]
    assert applied.take(1.0).command.position.tolist() == [0.3]
    assert applied.take(2.0) is None


def test_old_ones_are_forgotten():
    applied = AppliedSum()
    for index in range(MAX_STAMPS + 1):
        note(applied, float(index))
    assert applied.take(0.0) is None
    assert applied.take(1.0) is not None
    applied.forget()
    assert applied.take(2.0) is None


def test_a_period_in_which_others_had_a_hand_is_nobodys():
    applied = AppliedSum()
    note(applied, 1.0)
    applied.note_others()
    assert applied.take(1.0) is None
    note(applied, 1.05)
    assert applied.take(1.05) is not None
    # What others did between two decisions is forgotten with the reading that ends it.
    applied.note_others()
    assert applied.take(None) is None
    note(applied, 1.15)
    assert applied.take(1.15) is not None


def test_ticks_in_which_the_gate_braked_belong_to_the_proposal_that_it_followed():
    applied, shares = AppliedSum(), np.array([0.0, 0.0, 0.5])
    note(applied, 1.0, 0.1, Reason.VELOCITY, (0.0, 0.25, 0.0))
    applied.note_braking(command(0.2), int(Reason.WORKSPACE), shares)
    found = applied.take(1.0)
    assert found.command.position.tolist() == [0.2]
    assert found.reasons == Reason.VELOCITY | Reason.WORKSPACE
    assert found.shares.tolist() == [0.0, 0.25, 0.5]
    # It braked first, and went on then; and braked all the time.
    applied.note_braking(command(0.3), int(Reason.WORKSPACE), shares)
    note(applied, 1.05, 0.4)
    found = applied.take(1.05)
    assert (found.command.position.tolist(), found.reasons) == ([0.4], Reason.WORKSPACE)
    applied.note_braking(command(0.5), int(Reason.WORKSPACE), shares)
    assert applied.take(1.1).command.position.tolist() == [0.5]


def test_braking_from_what_others_proposed_is_theirs():
    applied = AppliedSum()
    note(applied, 1.0)
    applied.note_others()
    applied.take(1.0)
    applied.note_braking(command(0.5), 0, np.zeros(3))
    assert applied.take(1.05) is None


def test_a_persons_ticks_count_whoever_proposed_and_say_so():
    applied, nothing = AppliedSum(), np.zeros(3)
    note(applied, 1.0, 0.1, Reason.VELOCITY)
    applied.note_human(command(0.2), int(Reason.JERK), nothing)
    applied.note_braking(command(0.3), int(Reason.WORKSPACE), nothing)
    found = applied.take(1.0)
    assert found.command.position.tolist() == [0.3]
    assert found.reasons == Reason.VELOCITY | Reason.JERK | Reason.WORKSPACE | Reason.HUMAN
    # They drove all the time; and let go in the middle of a period.
    applied.note_human(command(0.4), 0, nothing)
    found = applied.take(1.05)
    assert (found.command.position.tolist(), found.reasons) == ([0.4], Reason.HUMAN)
    applied.note_human(command(0.5), 0, nothing)
    note(applied, 1.1, 0.6)
    found = applied.take(1.1)
    assert (found.command.position.tolist(), found.reasons) == ([0.6], Reason.HUMAN)
    note(applied, 1.15, 0.7)
    assert applied.take(1.15).reasons == Reason.NONE
