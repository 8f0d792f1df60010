"""Any Gymnasium environment with continuous actions, as the learner sees it: transitions out.

A twin environment tells in `info` what the gate applied and why; a plain one lacks that, so the
applied action is the action, and context and goal are empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box

from rl_agent.data.layout import NUM_SHARES, TransitionLayout
from rl_agent.data.relabel import GoalTask
from rl_agent.exceptions import EnvironmentNotSupportedError
from rl_agent.tasks.episode_summary import EpisodeSummary
from rl_agent.types import FloatArray, Transition


@dataclass(frozen=True)
class StepResult:
    """One step, and the episode that it ended, if any."""

    transition: Transition
    episode: EpisodeSummary | None


class EnvAdapter:
    """Keeps the current observation, rescales actions to the environment's box, counts returns."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Wrap `env`.

        Raises:
            EnvironmentNotSupportedError: Its spaces can't be learned with; says why.
        """
        self.env = env
        obs_space, action_space = _check_spaces(env)
        self._low, self._high = action_space.low.ravel(), action_space.high.ravel()
        self._action_shape = action_space.shape
        base = env.unwrapped
        task = getattr(base, "task", None)
        builder = getattr(base, "builder", None)
        known_task = task if builder is not None else None
        self.task: GoalTask | None = known_task
        self.goal_slice: slice | None = getattr(builder, "goal_slice", None)
        self.layout = TransitionLayout.of(
            known_task, obs_dim=int(np.prod(obs_space.shape)), act_dim=len(self._low)
        )
        self.gamma: float | None = getattr(task, "gamma", None)
        self.is_twin = hasattr(base, "robot") and self.task is not None
        self.is_resumable = hasattr(base, "get_state") and hasattr(base, "set_state")
        self.obs: FloatArray = np.zeros(self.layout.obs_dim, np.float32)
        self._previous_action = np.zeros(self.layout.act_dim, np.float32)
        self._return, self._num_steps = 0.0, 0

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode."""
        obs, _ = self.env.reset(seed=seed)
        self.obs = _flat(obs)
        self._previous_action = np.zeros(self.layout.act_dim, np.float32)
        self._return, self._num_steps = 0.0, 0

    def step(self, action: FloatArray) -> StepResult:
        """Take one step with an action (act_dim,) in [-1, 1]; an ended episode is reset."""
        obs = self.obs
        scaled = self._low + (action + 1.0) * 0.5 * (self._high - self._low)
        next_obs, reward, terminated, truncated, info = self.env.step(
            scaled.reshape(self._action_shape).astype(np.float32)
        )
        self.obs = _flat(next_obs)
        transition = Transition(
            obs=obs,
            action=action,
            applied_action=info.get("applied_action", action),
            previous_action=info.get("previous_action", self._previous_action),
            reward=float(reward),
            terminated=bool(terminated),
            truncated=bool(truncated),
            next_obs=self.obs,
            context=self._extra(info, "context", self.layout.context_dim),
            next_context=self._extra(info, "next_context", self.layout.context_dim),
            goal=self._extra(info, "goal", self.layout.goal_dim),
            reasons=int(info.get("reasons", 0)),
            shares=self._extra(info, "shares", NUM_SHARES),
        )
        self._previous_action = action
        self._return += float(reward)
        self._num_steps += 1
        if not (terminated or truncated):
            return StepResult(transition, None)
        is_success = info.get("is_success")
        summary = EpisodeSummary(
            self._return, self._num_steps, None if is_success is None else bool(is_success)
        )
        self.reset()
        return StepResult(transition, summary)

    def get_state(self) -> dict[str, Any] | None:
        """Return all that a later process needs to go on within this episode; None if it can't."""
        if not self.is_resumable:
            return None
        base: Any = self.env.unwrapped
        return {
            "env": base.get_state(),
            "elapsed_steps": getattr(_time_limit(self.env), "_elapsed_steps", None),
            "obs": self.obs,
            "previous_action": self._previous_action,
            "episode_return": self._return,
            "num_steps": self._num_steps,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken."""
        # Wrappers insist on a reset before a step, and the state then replaces what it did.
        self.env.reset(seed=0)
        base: Any = self.env.unwrapped
        base.set_state(state["env"])
        limit = _time_limit(self.env)
        if limit is not None:
            limit._elapsed_steps = state["elapsed_steps"]
        self.obs = state["obs"]
        self._previous_action = state["previous_action"]
        self._return, self._num_steps = float(state["episode_return"]), int(state["num_steps"])

    def close(self) -> None:
        """Free the environment."""
        self.env.close()

    def _extra(self, info: dict[str, Any], name: str, size: int) -> FloatArray:
        value = info.get(name)
        if value is None or size == 0:
            return np.zeros(size, np.float32)
        return np.asarray(value, dtype=np.float32)


def make_env(env_id: str, options: dict[str, Any]) -> EnvAdapter:
    """Return the environment of a Gymnasium id.

    Raises:
        EnvironmentNotSupportedError: There is no such environment, or it can't be learned with.
    """
    try:
        env = gymnasium.make(env_id, disable_env_checker=True, **options)
    except gymnasium.error.Error as error:
        raise EnvironmentNotSupportedError(f"{env_id}: {error}") from error
    except ModuleNotFoundError as error:
        message = f"{env_id}: needs a package that is missing: {error}"
        raise EnvironmentNotSupportedError(message) from error
    except TypeError as error:
        message = f"{env_id}: does not accept these options: {error}"
        raise EnvironmentNotSupportedError(message) from error
    return EnvAdapter(env)


def _check_spaces(env: gymnasium.Env[Any, Any]) -> tuple[Box, Box]:
    name = env.spec.id if env.spec is not None else type(env.unwrapped).__name__
    actions, observations = env.action_space, env.observation_space
    if not isinstance(actions, Box):
        message = f"{name}: its actions are {actions}; only continuous (Box) actions can be learned"
        raise EnvironmentNotSupportedError(message)
    if not np.isfinite([actions.low, actions.high]).all():
        message = f"{name}: its actions have no bounds ({actions}); give the box finite bounds"
        raise EnvironmentNotSupportedError(message)
    if not isinstance(observations, Box):
        message = f"{name}: its observations are {observations}; a Box of numbers is needed"
        raise EnvironmentNotSupportedError(message)
    return observations, actions


def _time_limit(env: Any) -> Any:
    """Return the wrapper that counts steps, or None."""
    while env is not env.unwrapped:
        if isinstance(env, gymnasium.wrappers.TimeLimit):
            return env
        env = env.env
    return None


def _flat(obs: Any) -> FloatArray:
    # A copy: some environments hand out an array that they change in the next step.
    return np.array(obs, dtype=np.float32).ravel()
