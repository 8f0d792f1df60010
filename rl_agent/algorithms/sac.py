"""Soft actor-critic (Haarnoja et al. 2018) with critic ensembles.

REDQ (Chen et al. 2021) and DroQ (Hiraoka et al. 2022) are settings of it. All randomness is
drawn with numpy outside the update, so the eager and the compiled update do the same arithmetic,
and two generators' states are all there is to checkpoint.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rl_agent.data.batch import Batch
from rl_agent.networks.ensemble import EnsembleMlp
from rl_agent.networks.squashed_gaussian import SquashedGaussianActor, sample_squashed
from rl_agent.types import FloatArray

from .adam import Adam
from .agent import Agent, AgentState
from .compilation import GradientFunction, compiled_gradients, eager_gradients
from .sac_config import SacConfig
from .sac_inputs import SacInputs
from .targets import ensemble_td_loss, polyak_, soft_td_target

CRITIC_METRICS = ("critic_loss", "q_mean", "target_q_mean")
ACTOR_METRICS = ("actor_loss", "entropy", "alpha")


class Sac(Agent):
    """Actor, E critics and their slow copies, temperature; see `SacConfig` for its relatives.

    `online_actor` learns and explores; `actor`, its slow copy, is tried out and exported.
    """

    def __init__(self, obs_dim: int, act_dim: int, config: SacConfig, seed: int) -> None:
        self.config = config
        self.gradient_step = 0
        generator = torch.Generator().manual_seed(seed)
        self.actor = SquashedGaussianActor(
            obs_dim,
            act_dim,
            config.actor_hidden_dims,
            generator,
            normalize_obs=config.normalize_obs,
        )
        self.online_actor = copy.deepcopy(self.actor)
        # One normaliser for all: the average is over weights, not over what they look at.
        self.online_actor.normalizer = self.actor.normalizer
        self.critic = EnsembleMlp(
            config.num_qs,
            obs_dim + act_dim,
            config.critic_hidden_dims,
            generator,
            use_layer_norm=config.use_layer_norm,
            dropout_rate=config.dropout_rate,
        )
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.log_alpha = torch.tensor(float(np.log(config.initial_alpha)))
        default_entropy = -float(act_dim)
        self.target_entropy = (
            default_entropy if config.target_entropy is None else config.target_entropy
        )
        self.actor_adam = Adam(self.online_actor.parameters(), config.actor_learning_rate)
        self.critic_adam = Adam(self.critic.parameters(), config.critic_learning_rate)
        self.alpha_adam = Adam([self.log_alpha], config.alpha_learning_rate)
        self.inputs = SacInputs(obs_dim, act_dim, config)
        explore, update = np.random.SeedSequence(seed).spawn(2)
        self.exploration_rng = np.random.default_rng(explore)
        self.update_rng = np.random.default_rng(update)
        self._obs = torch.zeros(1, obs_dim)
        self._noise = torch.zeros(1, act_dim)
        self._critic_sums = torch.zeros(len(CRITIC_METRICS) + 1)
        self._actor_sums = torch.zeros(len(ACTOR_METRICS) + 1)
        self._critic_step: Callable[[], Tensor] = lambda: self._update_critic(eager_gradients)
        self._actor_step: Callable[[], Tensor] = lambda: self._update_actor(eager_gradients)

    @torch.no_grad()
    def act(self, obs: FloatArray, *, is_deterministic: bool = False) -> FloatArray:
        """Return (act_dim,) in [-1, 1], sampled, or the averaged actor's tanh(mean)."""
        self._obs[0] = torch.from_numpy(np.ascontiguousarray(obs, dtype=np.float32))
        if is_deterministic:
            return torch.tanh(self.actor(self._obs)[0])[0].numpy()
        mean, log_std = self.online_actor(self._obs)
        self.exploration_rng.standard_normal(dtype=np.float32, out=self._noise.numpy())
        return sample_squashed(mean, log_std, self._noise).action[0].numpy()

    def observe(self, obs: FloatArray) -> None:
        """Take an observation into the normaliser."""
        self.actor.normalizer.update(torch.from_numpy(obs))

    @torch.no_grad()
    def update(self, batch: Batch) -> None:
        """Take one critic update, and every `policy_delay`-th time an actor update."""
        self.inputs.load(batch, self.update_rng)
        self._critic_sums += self._critic_step()
        self.gradient_step += 1
        if self.gradient_step % self.config.policy_delay == 0:
            self._actor_sums += self._actor_step()

    def _update_critic(self, gradients_of: GradientFunction) -> Tensor:
        inputs, normalizer = self.inputs, self.actor.normalizer
        mean, log_std = self.online_actor(inputs.next_obs)
        next_action, next_log_prob = sample_squashed(mean, log_std, inputs.next_noise)
        next_input = torch.cat([normalizer(inputs.next_obs), next_action], -1)
        next_q = self.target_critic(next_input, inputs.target_bits)
        if self.config.num_min_qs < self.config.num_qs:
            next_q = next_q[inputs.q_index]
        alpha = self.log_alpha.exp()
        target_q = soft_td_target(inputs.reward, inputs.discount, next_q, next_log_prob, alpha)
        critic_input = torch.cat([normalizer(inputs.obs), inputs.action], -1)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            q_values = critic(critic_input, inputs.critic_bits)
            return ensemble_td_loss(q_values, target_q), q_values.mean()

        gradients, value, q_mean = gradients_of(self.critic, loss)
        gradients_of.step(self.critic_adam, gradients)
        polyak_(self.target_critic.parameters(), self.critic_adam.parameters, self.config.tau)
        return torch.stack([value, q_mean, target_q.mean(), torch.ones(())])

    def _update_actor(self, gradients_of: GradientFunction) -> Tensor:
        inputs, normalizer = self.inputs, self.actor.normalizer
        alpha = self.log_alpha.exp()
        obs = normalizer(inputs.obs)
        is_pessimistic = self.config.num_min_qs == self.config.num_qs

        def loss(actor: Callable[..., Any]) -> tuple[Tensor, Tensor]:
            mean, log_std = actor(inputs.obs)
            action, log_prob = sample_squashed(mean, log_std, inputs.noise)
            q_values = self.critic(torch.cat([obs, action], -1), inputs.actor_bits)
            # SAC takes the least critic; REDQ and DroQ, whose target already is a draw, the mean.
            q_value = q_values.amin(0) if is_pessimistic else q_values.mean(0)
            value = (alpha * log_prob - q_value).mean()
            if self.config.smoothness_coef > 0.0:
                next_mean, _ = actor(inputs.next_obs)
                change = torch.tanh(next_mean) - torch.tanh(mean)
                value = value + self.config.smoothness_coef * change.square().sum(-1).mean()
            return value, log_prob.mean()

        gradients, value, log_prob = gradients_of(self.online_actor, loss)
        gradients_of.step(self.actor_adam, gradients)
        average = self.actor.trunk.parameters()
        polyak_(average, self.online_actor.trunk.parameters(), self.config.actor_average_rate)
        if self.config.learns_alpha:
            # d/d log_alpha of -alpha (log_prob + target_entropy), by hand: it is one number.
            gradients_of.step(self.alpha_adam, [-alpha * (log_prob + self.target_entropy)])
        return torch.stack([value, -log_prob, alpha, torch.ones(())])

    def compile(self) -> None:
        """Compile both halves of the update, each one graph with its Adam and Polyak steps."""
        graph_options: dict[str, Any] = {"fullgraph": True, "dynamic": False}
        critic_step = torch.compile(
            lambda: self._update_critic(compiled_gradients), **graph_options
        )
        actor_step = torch.compile(lambda: self._update_actor(compiled_gradients), **graph_options)
        before = {name: tensor.clone() for name, tensor in self._tensors().items()}
        try:
            with torch.no_grad():
                critic_step()
                actor_step()
        finally:
            self._copy_tensors(before)
        self._critic_step, self._actor_step = critic_step, actor_step
        self.is_compiled = True

    def metrics(self) -> dict[str, float]:
        """Return losses, Q values, entropy and temperature, averaged since the last call."""
        values = _averages(CRITIC_METRICS, self._critic_sums)
        return values | _averages(ACTOR_METRICS, self._actor_sums)

    def get_state(self) -> AgentState:
        """Return networks, moments, temperature, generators and the counter."""
        values = {
            "gradient_step": self.gradient_step,
            "exploration_rng": self.exploration_rng.bit_generator.state,
            "update_rng": self.update_rng.bit_generator.state,
        }
        return AgentState(self._tensors(), values)

    def set_state(self, state: AgentState) -> None:
        """Continue from a state of an agent with the same dimensions and networks."""
        self._copy_tensors(state.tensors)
        self.gradient_step = int(state.values["gradient_step"])
        self.exploration_rng.bit_generator.state = state.values["exploration_rng"]
        self.update_rng.bit_generator.state = state.values["update_rng"]

    def _tensors(self) -> dict[str, Tensor]:
        return dict(self._named_tensors())

    def _named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        yield "log_alpha", self.log_alpha
        yield "sums.critic", self._critic_sums
        yield "sums.actor", self._actor_sums
        modules: dict[str, nn.Module] = {
            "actor": self.actor,
            "online_actor": self.online_actor,
            "critic": self.critic,
            "target_critic": self.target_critic,
        }
        for prefix, module in modules.items():
            for name, tensor in module.state_dict().items():
                yield f"{prefix}.{name}", tensor
        optimisers = {
            "actor_adam": self.actor_adam,
            "critic_adam": self.critic_adam,
            "alpha_adam": self.alpha_adam,
        }
        for prefix, optimiser in optimisers.items():
            for name, tensor in optimiser.tensors().items():
                yield f"{prefix}.{name}", tensor

    @torch.no_grad()
    def _copy_tensors(self, source: dict[str, Tensor]) -> None:
        own = self._tensors()
        if own.keys() != source.keys():
            missing = sorted(own.keys() ^ source.keys())[:3]
            raise ValueError(f"the state does not fit this agent, for example {missing}")
        for name, tensor in own.items():
            if tensor.shape != source[name].shape:
                message = f"expected {tuple(tensor.shape)}, got {tuple(source[name].shape)}"
                raise ValueError(f"{name}: {message}")
            tensor.copy_(source[name])


def _averages(names: tuple[str, ...], sums: Tensor) -> dict[str, float]:
    *totals, count = sums.tolist()
    sums.zero_()
    return {name: total / count for name, total in zip(names, totals, strict=True)} if count else {}
