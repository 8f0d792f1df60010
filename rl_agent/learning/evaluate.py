"""How good is the policy now? Deterministic episodes in an environment of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

from rl_agent.types import FloatArray

from .env_adapter import EnvAdapter
from .twin_evaluation import evaluate as evaluate_in_twin

Act = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a number of episodes came to; scores compare by success first, then by return."""

    mean_return: float
    success_rate: float | None = None
    """None where the environment knows no success."""
    mean_final_error: float | None = None
    median_time_s: float | None = None
    """To the target, over the successful episodes."""
    num_episodes: int = 0

    def is_better_than(self, other: Score | None) -> bool:
        """Tell whether this one is to be preferred; one that is no number never is."""
        return isfinite(self.mean_return) and (other is None or self._key() > other._key())

    def to_json(self) -> dict[str, Any]:
        """Return a mapping of numbers."""
        return asdict(self)

    def _key(self) -> tuple[float, float]:
        return (self.success_rate or 0.0, self.mean_return)


class EvaluationInterruptedError(Exception):
    """A stop was asked for; the evaluation has no result and will be done again."""


class Evaluator:
    """Tries a policy out; the seed alone decides on goals and start poses."""

    def __init__(self, env: EnvAdapter, should_stop: Callable[[], bool]) -> None:
        self._env = env
        self._should_stop = should_stop

    def run(self, act: Act, num_episodes: int, seed: int) -> Score:
        """Return the score over `num_episodes`.

        Raises:
            EvaluationInterruptedError: A stop was asked for meanwhile.
        """

        def act_unless_stopped(obs: FloatArray) -> FloatArray:
            if self._should_stop():
                raise EvaluationInterruptedError
            return act(obs)

        if not self._env.is_twin:
            return self._run_plain(act_unless_stopped, num_episodes, seed)
        result = evaluate_in_twin(
            self._env.env, act_unless_stopped, num_episodes=num_episodes, seed=seed
        )
        return Score(
            mean_return=result.mean_return,
            success_rate=result.success_rate,
            mean_final_error=result.mean_final_error,
            median_time_s=result.median_time_s,
            num_episodes=num_episodes,
        )

    def close(self) -> None:
        """Free the environment."""
        self._env.close()

    def _run_plain(self, act: Act, num_episodes: int, seed: int) -> Score:
        self._env.reset(seed=seed)
        returns: list[float] = []
        successes: list[bool | None] = []
        while len(returns) < num_episodes:
            episode = self._env.step(act(self._env.obs)).episode
            if episode is not None:
                returns.append(episode.episode_return)
                successes.append(episode.is_success)
        known = [success for success in successes if success is not None]
        return Score(
            mean_return=float(np.mean(returns)),
            success_rate=float(np.mean(known)) if known else None,
            num_episodes=num_episodes,
        )
