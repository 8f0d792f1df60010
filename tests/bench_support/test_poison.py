import numpy as np
from bench.poison import Poison

from rl_agent.safety.proposal_intake import examine
from rl_agent.types import Command, Proposal, Reason, Source

GOOD = Proposal(Source.POLICY, Command(np.zeros(2), np.zeros(2)), 1.0, 1.0, 0.05)


def test_every_bad_number_comes_at_every_place():
    poison = Poison(2)
    seen = set()
    for _ in range(poison.num_kinds):
        bad = poison.number(GOOD)
        values = [*bad.command.position, *bad.command.velocity]
        values += [bad.stamp_s, bad.received_s, bad.period_s]
        wrong = [(i, str(v)) for i, v in enumerate(values) if not abs(v) < 1e300]
        assert len(wrong) == 1
        seen.update(wrong)
    # Five numbers at two positions, two velocities and three times.
    assert len(seen) == poison.num_kinds == 5 * 7
    assert not GOOD.command.position.any()


def test_sizes_are_wrong_in_both_directions():
    poison = Poison(2)
    sizes = {len(poison.size(GOOD).command.position) for _ in range(3)}
    assert sizes == {0, 1, 3}
    assert examine(poison.size(GOOD), 2) is Reason.BAD_PROPOSAL
    assert poison.num_sizes == 4
