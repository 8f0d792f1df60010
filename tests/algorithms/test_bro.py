import numpy as np
import pytest
import torch

from rl_agent.algorithms.bro_config import BroConfig
from rl_agent.algorithms.resets import reset_agent_

OBS = np.array([0.3, -1.0, 2.0], np.float32)


def tensors(agent):
    return {name: tensor.clone() for name, tensor in agent.get_state().tensors.items()}


def updated(agent, make_batch, updates):
    for index in updates:
        agent.observe(OBS + index)
        agent.update(make_batch(index))
    return agent


def test_a_target_takes_the_mean_of_the_critics(make_agent):
    atoms = torch.tensor([[[1.0, 2.0]], [[5.0, 0.0]]])  # 2 critics, 1 row, 2 atoms
    assert make_agent("bro").believed(atoms).tolist() == [[3.0, 1.0]]


def test_the_target_entropy_is_half_of_sacs(make_agent):
    assert make_agent("bro").temperature.target_entropy == -1.0
    assert make_agent("bro", target_entropy=-3.0).temperature.target_entropy == -3.0
    assert make_agent("sac").temperature.target_entropy == -2.0


def test_a_reset_gives_fresh_weights_and_keeps_statistics(make_agent, make_batch):
    agent = updated(make_agent("bro", reset_steps=(3,)), make_batch, range(2))
    before = tensors(agent)
    updated(agent, make_batch, [2])
    after = tensors(agent)
    for name in before:
        if "weight" in name and "norm" not in name:
            assert not torch.equal(before[name], after[name]), name
        if "adam" in name:
            assert not after[name].any(), name
    assert after["log_alpha"].item() == 0.0
    assert torch.equal(agent.critic.head.weight, agent.target_critic.head.weight)
    own, online = (net.trunk.parameters() for net in (agent.actor, agent.online_actor))
    assert all(torch.equal(a, b) for a, b in zip(own, online, strict=True))
    assert after["actor.normalizer.count"].item() == 3.0
    assert agent.gradient_step == 3


def test_a_reset_does_not_bring_learning_rates_back(make_agent, make_batch):
    rates = {"critic_learning_rate": 0.01, "actor_learning_rate": 0.02, "alpha_learning_rate": 0.04}
    falling = {"learning_rate_end": 0.5, "decay_updates": 4, "weight_decay": 0.0}
    agent = updated(make_agent("bro", reset_steps=(3,), **rates, **falling), make_batch, range(3))
    before = tensors(agent)
    updated(agent, make_batch, [3])
    after = tensors(agent)

    def longest(prefix):
        names = [name for name in after if name.startswith(prefix) and "normalizer" not in name]
        return max((after[name] - before[name]).abs().max().item() for name in names)

    # Adam's first step has the rate's length: after 3 of 4 updates 1 - 0.5 * 3 / 4 of it is left.
    assert longest("critic.") == pytest.approx(0.625 * 0.01, rel=1e-2)
    assert longest("online_actor.") == pytest.approx(0.625 * 0.02, rel=1e-2)
    assert longest("log_alpha") == pytest.approx(0.625 * 0.04, rel=1e-2)


def test_a_resumed_run_resets_to_the_same_weights(make_agent, make_batch):
    first = updated(make_agent("bro", reset_steps=(4, 6)), make_batch, range(2))
    state = first.get_state()
    second = make_agent("bro", seed=9, reset_steps=(4, 6))
    second.set_state(type(state)(tensors(first), state.values))
    for agent in (first, second):
        updated(agent, make_batch, range(2, 8))
    own, other = tensors(first), tensors(second)
    assert all(torch.equal(own[key], other[key]) for key in own)


def test_two_resets_give_different_weights(make_agent):
    agent = make_agent("bro")
    reset_agent_(agent, agent.update_rng)
    first = agent.critic.head.weight.clone()
    reset_agent_(agent, agent.update_rng)
    assert not torch.equal(first, agent.critic.head.weight)


def test_weights_decay(make_agent, make_batch):
    changes = {"critic_learning_rate": 1e-2, "reset_steps": ()}
    plain, decaying = (make_agent("bro", weight_decay=d, **changes) for d in (0.0, 10.0))
    for agent in (plain, decaying):
        agent.update(make_batch())
    # Both take Adam's same first step; 10 % of the weights before it are gone: 0.01 * 10.
    start = make_agent("bro").critic.head.weight
    torch.testing.assert_close(
        plain.critic.head.weight - decaying.critic.head.weight, 0.1 * start, rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"critic_hidden_dims": (8, 16)}, "critic_hidden_dims: expected blocks of one width"),
        ({"actor_hidden_dims": ()}, "actor_hidden_dims: expected blocks"),
        ({"reset_steps": (0,)}, "reset_steps"),
        ({"reset_steps": (5, 5)}, "reset_steps"),
        ({"num_quantiles": 1}, "num_quantiles"),
        ({"weight_decay": -0.1}, "weight_decay"),
    ],
)
def test_settings_out_of_range_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        BroConfig(**changes)
