"""Draws repeat where they should, in the same start of the same session, and nowhere else."""

from surefoot_nodes.parameters import check_values
from surefoot_nodes.seeds import derive_seed


def test_a_derived_seed_is_the_same_for_the_same_keys_alone():
    seeds = [derive_seed(seed, *keys) for seed in (0, 1) for keys in ((1,), (2,), (1, 0), (0, 1))]
    assert len({*seeds, 0, 1}) == 10
    assert seeds[0] == 673228719 >> 1  # numpy's first word for SeedSequence(0, spawn_key=(1,))


def test_the_nodes_parameter_takes_every_derived_seed():
    seeds = [derive_seed(7, step) for step in range(200)]
    assert [problem for s in seeds for problem in check_values("goal_node", {"seed": s})] == []
    assert max(seeds) > 2**30  # the whole range, not a corner of it
