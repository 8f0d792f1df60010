"""Draws repeat where they should, in the same start of the same session, and nowhere else."""

import pytest

from surefoot_nodes import supervisor as supervisor_module
from surefoot_nodes.graph import GraphConfig, NodeSpec, make_graph
from surefoot_nodes.parameters import check_values
from surefoot_nodes.seeds import derive_seed, for_start
from surefoot_nodes.supervisor import Supervisor


def test_a_derived_seed_is_the_same_for_the_same_keys_alone():
    seeds = [derive_seed(seed, *keys) for seed in (0, 1) for keys in ((1,), (2,), (1, 0), (0, 1))]
    assert len({*seeds, 0, 1}) == 10
    assert seeds[0] == 673228719 >> 1  # numpy's first word for SeedSequence(0, spawn_key=(1,))


def test_the_nodes_parameter_takes_every_derived_seed():
    seeds = [derive_seed(7, step) for step in range(200)]
    assert [problem for s in seeds for problem in check_values("goal_node", {"seed": s})] == []
    assert max(seeds) > 2**30  # the whole range, not a corner of it


def test_a_node_without_a_seed_is_started_again_as_it_was():
    spec = NodeSpec(executable="safety_node", parameters={"speed_scale": 0.5}, order=1)
    assert for_start(spec, 3) == spec


started = []


class Gone:
    """A process that ends at once."""

    status = -9

    def __init__(self, command, env):
        started.append(command)

    def kill(self):
        pass


def seed_of(command):
    return next(word for word in command if word.startswith("seed:="))


@pytest.mark.parametrize("name", ["goal_node", "policy_node"])
def test_a_process_that_is_started_again_draws_anew(monkeypatch, name):
    monkeypatch.setattr(supervisor_module, "Child", Gone)
    started.clear()
    spec = next(s for s in make_graph("robot", GraphConfig(seed=5)) if s.executable == name)
    supervisor = Supervisor([spec], say=lambda line: None)
    supervisor._spawn(spec)
    for _ in range(2):
        supervisor._check()
    first, second, third = map(seed_of, started)
    assert first == "seed:=5"
    assert (second, third) == tuple(f"seed:={derive_seed(5, count)}" for count in (1, 2))
    # Nothing else is another.
    assert [word.replace(second, first) for word in started[1]] == started[0]
