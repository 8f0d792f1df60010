"""What all actor-critic algorithms share: networks, slow copies, generators, state, compilation.

All randomness is drawn with numpy outside the update, so the eager and the compiled update do the
same arithmetic, and two generators' states are all there is to checkpoint.
"""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from rl_agent.data.batch import Batch
from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.exploration.registry import make_noise
from rl_agent.networks.actor import Actor
from rl_agent.networks.ensemble import EnsembleMlp
from rl_agent.networks.squashed_gaussian import SquashedGaussianActor, sample_squashed
from rl_agent.types import FloatArray

from .adam import Adam
from .agent import Agent, AgentState, PolicySample
from .agent_config import AgentConfig
from .compilation import GradientFunction, LossFunction, compiled_gradients, eager_gradients
from .linear_decay import decay_of
from .network_health import network_health
from .targets import averaging_rate, polyak_
from .update_inputs import UpdateInputs


class ActorCritic(Agent):
    """Actor and critics; a subclass makes the critics and says what each half learns from.

    `online_actor` learns and explores; `actor`, its slow copy, is tried out and exported.
    """

    critic_metrics: ClassVar[tuple[str, ...]] = ("critic_loss", "q_mean", "target_q_mean")
    """Names of what `update_critic` returns, one number each, and after them a 1 that counts."""
    actor_metrics: ClassVar[tuple[str, ...]] = ("actor_loss",)
    """The same of `update_actor`."""

    has_target_actor: ClassVar[bool] = False
    """Whether critics learn from the averaged actor's actions: then its rate is the algorithm's."""
    has_target_critic: ClassVar[bool] = True
    target_critic_awaits_actor: ClassVar[bool] = False
    """Whether it moves at the actor's steps alone, every `policy_delay`-th time, as in TD3."""

    def __init__(self, obs_dim: int, act_dim: int, config: AgentConfig, seed: int) -> None:
        self.config: Any = config
        self.obs_dim, self.act_dim = obs_dim, act_dim
        self.gradient_step = 0
        self.has_batch = False
        """Whether `inputs` hold one."""
        self.hidden_dtype: torch.dtype = getattr(torch, getattr(config, "precision", "float32"))
        generator = torch.Generator().manual_seed(seed)
        self.actor = self.make_actor(generator)
        self.online_actor = copy.deepcopy(self.actor)
        # One normaliser for all: the average is over weights, not over what they look at.
        self.online_actor.normalizer = self.actor.normalizer
        self.critic = self.make_critic(generator)
        self.target_critic: Any = None
        """The critics' slow copy, where the algorithm has one."""
        if self.has_target_critic:
            self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.num_updates = torch.zeros(())
        """`gradient_step` where a compiled update can see it."""
        self.actor_adam = self._optimiser(self.online_actor, config.actor_learning_rate)
        self.critic_adam = self._optimiser(self.critic, config.critic_learning_rate)
        self.inputs = UpdateInputs(obs_dim, act_dim, config)
        explore, update = np.random.SeedSequence(seed).spawn(2)
        self.exploration_rng = np.random.default_rng(explore)
        self.update_rng = np.random.default_rng(update)
        self.exploration = make_noise(
            config.exploration,
            act_dim,
            self.exploration_rng,
            theta=config.exploration_theta,
            horizon=config.exploration_horizon,
            resample=config.exploration_resample,
        )
        self._obs = torch.zeros(1, obs_dim)
        if self.exploration.uses_features:
            self._require_features()
        self._noise = torch.zeros(1, act_dim)
        self._td_error = torch.zeros(config.batch_size)
        self._critic_sums = torch.zeros(len(self.critic_metrics) + 1)
        self._actor_sums = torch.zeros(len(self.actor_metrics) + 1)
        self._critic_step: Callable[[], Tensor] = lambda: self.update_critic(eager_gradients)
        self._actor_step: Callable[[], Tensor] = lambda: self.update_actor(eager_gradients)

    def _optimiser(self, network: nn.Module, rate: float) -> Adam:
        config = self.config
        return Adam(
            network.parameters(),
            rate,
            beta_1=config.adam_beta_1,
            weight_decay=config.weight_decay,
            rate_decay=decay_of(config, self.num_updates),
        )

    def make_actor(self, generator: torch.Generator) -> Actor:
        """Return a fresh actor."""
        return SquashedGaussianActor(
            self.obs_dim,
            self.act_dim,
            self.config.actor_hidden_dims,
            generator,
            normalize_obs=self.config.normalize_obs,
        )

    @abstractmethod
    def make_critic(self, generator: torch.Generator) -> nn.Module:
        """Return fresh critics."""

    def perceptrons(
        self, generator: torch.Generator, *, out_dim: int = 1, dropout_rate: float = 0.0
    ) -> EnsembleMlp:
        """Return `num_qs` perceptrons of (obs, action), what most critics are."""
        config = self.config
        return EnsembleMlp(
            config.num_qs,
            self.obs_dim + self.act_dim,
            config.critic_hidden_dims,
            generator,
            out_dim=out_dim,
            use_layer_norm=config.use_layer_norm,
            dropout_rate=dropout_rate,
        )

    @abstractmethod
    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Take one step of the critics on `inputs`; return `critic_metrics` and a 1."""

    @abstractmethod
    def update_actor(self, gradients_of: GradientFunction) -> Tensor:
        """Take one step of the actor on `inputs`; return `actor_metrics` and a 1."""

    @torch.no_grad()
    def act(self, obs: FloatArray, *, is_deterministic: bool = False) -> FloatArray:
        """Return (act_dim,) in [-1, 1], sampled, or the averaged actor's tanh(mean)."""
        self._obs[0] = torch.from_numpy(np.ascontiguousarray(obs, dtype=np.float32))
        if is_deterministic:
            return torch.tanh(self.actor(self._obs)[0])[0].numpy()
        mean, log_std = self.online_actor(self._obs)
        self._noise[0] = torch.from_numpy(self._sample_noise())
        return self.explore(mean, log_std, self._noise)[0].numpy()

    def _require_features(self) -> None:
        try:
            self.actor.features(self._obs)
        except ValueError as error:
            message = f"{self.config.exploration} needs the actor's features, and {error}"
            raise ProblemsError(type(self).__name__, [Problem("agent.exploration", message)]) from (
                error
            )

    def _sample_noise(self) -> FloatArray:
        if not self.exploration.uses_features:
            return self.exploration.sample()
        return self.exploration.sample(self.online_actor.features(self._obs)[0].numpy())

    def explore(self, mean: Tensor, log_std: Tensor, noise: Tensor) -> Tensor:
        """Return the action (1, act_dim) to try, from the actor's answer and standard noise."""
        return sample_squashed(mean, log_std, noise).action

    def end_episode(self) -> None:
        """Let the next action's noise know nothing of the episode before."""
        self.exploration.reset()

    @torch.no_grad()
    def value(self, obs: FloatArray, action: FloatArray) -> FloatArray:
        """Return Q (B,) as the critics hold it on average."""
        # Copied into torch's memory, which is aligned: products can depend on that.
        critic_input = self.critic_input(torch.tensor(obs), torch.tensor(action))
        return self.q_values(critic_input).mean(0).numpy()

    def critic_input(self, obs: Tensor, action: Tensor) -> Tensor:
        """Return (B, obs_dim + act_dim): observations as the actor sees them, and actions."""
        return torch.cat([self.actor.normalizer(obs), action], -1)

    def q_values(self, critic_input: Tensor) -> Tensor:
        """Return (E, B), what each critic expects of normalised observations and actions."""
        values: Tensor = self.critic(critic_input)
        return values

    def observe(self, obs: FloatArray) -> None:
        """Take an observation into the normaliser."""
        self.actor.normalizer.update(torch.from_numpy(obs))

    @torch.no_grad()
    def update(self, batch: Batch) -> None:
        """Take one critic update, and every `policy_delay`-th time an actor update."""
        self.inputs.load(batch, self.update_rng)
        self.has_batch = True
        self.draw(self.update_rng)
        self._critic_sums += self._critic_step()
        self.constrain(self.critic)
        self.gradient_step += 1
        if self.gradient_step % self.config.policy_delay == 0:
            self._actor_sums += self._actor_step()
            self.constrain(self.online_actor)
        self.num_updates.fill_(self.gradient_step)

    def draw(self, rng: np.random.Generator) -> None:
        """Draw what else the next update needs; a subclass says what."""

    def use_weights(self) -> None:
        """Weigh rows by `Batch.weight` and keep their errors."""
        if not self.takes_weights:
            super().use_weights()
        self.inputs.use_weights()

    def td_error(self) -> FloatArray:
        """Return (B,) |Q - target| of the last update, averaged over critics."""
        if self.inputs.weight is None:
            return super().td_error()
        return self._td_error.numpy().copy()

    def note_td_error(self, q_values: Tensor, target_q: Tensor) -> None:
        """Keep how far the critics (E, B) were from their target (B,), if somebody asks for it."""
        if self.inputs.weight is not None:
            self._td_error.copy_((q_values - target_q).abs().mean(0))

    def step_critic(
        self, gradients_of: GradientFunction, loss: LossFunction
    ) -> tuple[Tensor, Tensor]:
        """Take the critics' step and, if it is due, their copy's; return loss and what it told."""
        gradients, value, extra = gradients_of(self.critic, loss)
        gradients_of.step(self.critic_adam, gradients)
        if not self.target_critic_awaits_actor:
            self.move_target_critic()
        return value, extra

    def step_actor(
        self, gradients_of: GradientFunction, loss: LossFunction
    ) -> tuple[Tensor, Tensor]:
        """Take the actor's step, let copies follow; return the loss and what it told."""
        gradients, value, extra = gradients_of(self.online_actor, loss)
        gradients_of.step(self.actor_adam, gradients)
        self.average_actor()
        if self.target_critic_awaits_actor:
            self.move_target_critic()
        return value, extra

    def move_target_critic(self) -> None:
        """Let the critics' slow copy follow them by `tau`, where there is one."""
        if self.target_critic is not None:
            polyak_(self.target_critic.parameters(), self.critic_adam.parameters, self.config.tau)

    def constrain(self, network: nn.Module) -> None:
        """Bring weights that took a step back to where they may lie; here that is anywhere.

        Called outside of the compiled step: within it torch's compiler (2.13) may read weights
        that it has just overwritten, where one depends on its neighbours (pytorch issue 198270).
        """

    def outputs(self, actor: Callable[..., Any], obs: Tensor) -> tuple[Tensor, Tensor]:
        """Return an actor's mean and log_std, as an update computes them: see `precision`."""
        # A policy acts, and is exported, in float32; not every network knows anything else.
        is_plain = self.hidden_dtype is torch.float32
        mean, log_std = actor(obs) if is_plain else actor(obs, self.hidden_dtype)
        return mean, log_std

    def smoothness(self, actor: Callable[..., Any], mean: Tensor) -> Tensor:
        """Return the penalty on how far neighbouring observations' actions lie apart."""
        next_mean, _ = self.outputs(actor, self.inputs.next_obs)
        change = torch.tanh(next_mean) - torch.tanh(mean)
        return self.config.smoothness_coef * change.square().sum(-1).mean()

    def average_actor(self) -> None:
        """Let the exported actor follow the one that learns."""
        rate: float | Tensor = self.config.actor_average_rate
        if not self.has_target_actor:
            rate = averaging_rate(self.actor_adam.num_steps[0], self.config.actor_average_rate)
        average = self.actor.trunk.parameters()
        polyak_(average, self.online_actor.trunk.parameters(), rate)

    def compile(self) -> None:
        """Compile both halves of the update, each one graph with its Adam and Polyak steps."""
        graph_options: dict[str, Any] = {"fullgraph": True, "dynamic": False}
        critic_step = torch.compile(lambda: self.update_critic(compiled_gradients), **graph_options)
        actor_step = torch.compile(lambda: self.update_actor(compiled_gradients), **graph_options)
        before = {name: tensor.clone() for name, tensor in self._tensors().items()}
        try:
            with torch.no_grad():
                critic_step()
                actor_step()
        finally:
            self.copy_tensors(before)
        self._critic_step, self._actor_step = critic_step, actor_step
        self.is_compiled = True

    def metrics(self) -> dict[str, float]:
        """Return losses, Q values and whatever else is told, averaged since the last call."""
        values = _averages(self.critic_metrics, self._critic_sums)
        return values | _averages(self.actor_metrics, self._actor_sums)

    @torch.no_grad()
    def health(self) -> dict[str, float]:
        """Return figures of the networks, on the last update's batch; empty before the first."""
        figures = network_health(self) if self.has_batch else {}
        return {name: value for name, value in figures.items() if math.isfinite(value)}

    @torch.no_grad()
    def try_policy(self, obs: FloatArray) -> PolicySample:
        """Return actions as it explores, drawn with numbers of their own."""
        shape = (len(obs), self.act_dim)
        noise = torch.tensor(np.random.default_rng(0).standard_normal(shape, dtype=np.float32))
        mean, log_std = self.online_actor(torch.tensor(obs))
        bonus = self.entropy_bonus(mean, log_std, noise)
        return PolicySample(self.explore(mean, log_std, noise).numpy(), bonus.numpy())

    def entropy_bonus(self, mean: Tensor, log_std: Tensor, noise: Tensor) -> Tensor:
        """Return (B,) what the critics count for the policy's entropy, in the task's units."""
        del log_std, noise
        return torch.zeros(len(mean))

    def get_state(self) -> AgentState:
        """Return networks, moments, generators and the counter."""
        values = {
            "gradient_step": self.gradient_step,
            "exploration_rng": self.exploration_rng.bit_generator.state,
            "exploration": self.exploration.get_state(),
            "update_rng": self.update_rng.bit_generator.state,
        }
        return AgentState(self._tensors(), values)

    def set_state(self, state: AgentState) -> None:
        """Continue from a state of an agent with the same dimensions and networks."""
        self.copy_tensors(state.tensors)
        self.gradient_step = int(state.values["gradient_step"])
        self.num_updates.fill_(self.gradient_step)
        self.exploration_rng.bit_generator.state = state.values["exploration_rng"]
        self.exploration.set_state(state.values.get("exploration", {}))
        self.update_rng.bit_generator.state = state.values["update_rng"]

    def modules(self) -> dict[str, nn.Module]:
        """Return all networks by name."""
        named = {"actor": self.actor, "online_actor": self.online_actor, "critic": self.critic}
        return (
            named if self.target_critic is None else named | {"target_critic": self.target_critic}
        )

    def optimisers(self) -> dict[str, Adam]:
        """Return all optimisers by name."""
        return {"actor_adam": self.actor_adam, "critic_adam": self.critic_adam}

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield all that makes the next update; a subclass adds what is neither of both."""
        yield "sums.critic", self._critic_sums
        yield "sums.actor", self._actor_sums
        for prefix, module in self.modules().items():
            for name, tensor in module.state_dict().items():
                yield f"{prefix}.{name}", tensor
        for prefix, optimiser in self.optimisers().items():
            for name, tensor in optimiser.tensors().items():
                yield f"{prefix}.{name}", tensor

    def _tensors(self) -> dict[str, Tensor]:
        return dict(self.named_tensors())

    @torch.no_grad()
    def copy_tensors(self, source: dict[str, Tensor]) -> None:
        """Set all of `named_tensors` in place.

        Raises:
            ValueError: They are of another agent.
        """
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
