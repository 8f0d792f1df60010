"""Figures that tell whether networks can still learn, on the last update's batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from rl_agent.networks.dormancy import DORMANT, ReluRecorder, dormant_share

from .adam import Adam
from .compilation import GradientFunction, Gradients, LossFunction, eager_gradients

if TYPE_CHECKING:
    from .actor_critic import ActorCritic


def network_health(agent: ActorCritic) -> dict[str, float]:
    """Return dormant units, norms and the critics' spread; the agent stays as it is.

    Nothing is drawn: the batch and its random numbers are those of the last update. Networks with
    batch norm are looked at as they act, on running moments.
    """
    inputs = agent.inputs
    with ReluRecorder() as in_actor:
        agent.online_actor(inputs.obs)
    with ReluRecorder() as in_critic:
        q_values = agent.q_values(agent.critic_input(inputs.obs, inputs.action))
    figures = _units("actor", in_actor.activations) | _units("critic", in_critic.activations)
    for name, network in (("actor", agent.online_actor), ("critic", agent.critic)):
        figures[f"{name}_weight_norm"] = _norm(network.parameters())
    return figures | gradient_norms(agent) | _spread(q_values)


def gradient_norms(agent: ActorCritic) -> dict[str, float]:
    """Return the norms of the gradients that either half of an update has now, for its last batch.

    The update runs as it is, eagerly, with steps that step nowhere; what else it moves (slow
    copies, running moments) is put back.
    """
    norms: list[float] = []

    def compute(network: nn.Module, loss: LossFunction) -> Gradients:
        found = eager_gradients(network, loss)
        norms.append(_norm(found.gradients))
        return found

    def stay(adam: Adam, gradients: Sequence[Tensor]) -> None:
        del adam, gradients

    probe = GradientFunction(compute, stay)
    before = {name: tensor.clone() for name, tensor in agent.named_tensors()}
    try:
        agent.update_critic(probe)
        agent.update_actor(probe)
    finally:
        agent.copy_tensors(before)
    return dict(zip(("critic_gradient_norm", "actor_gradient_norm"), norms, strict=True))


def _units(name: str, found: Sequence[Tensor]) -> dict[str, float]:
    if not found:
        return {}
    return {
        f"{name}_dormant_units": dormant_share(found, DORMANT),
        f"{name}_dead_units": dormant_share(found, 0.0),
    }


def _spread(
    q_values: Tensor,  # (E, B)
) -> dict[str, float]:
    if q_values.shape[0] < 2:
        return {}
    spread = q_values.std(0, correction=0).mean()
    mean = q_values.mean(0)
    scale = torch.maximum(mean.abs().mean(), mean.std(correction=0))
    figures = {"q_spread": float(spread)}
    return figures | ({"q_spread_relative": float(spread / scale)} if scale > 0.0 else {})


def _norm(tensors: Iterable[Tensor]) -> float:
    return float(torch.stack([tensor.detach().norm() for tensor in tensors]).norm())
