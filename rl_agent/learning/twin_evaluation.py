"""How good is a policy? The usual trials in an environment, whatever computes the actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rl_agent.safety.leaning import is_limited
from rl_agent.tasks.episode_judge import EpisodeJudge
from rl_agent.tasks.reach import ReachTask
from rl_agent.tasks.reach_targets import ReachTargets
from rl_agent.tasks.reach_trial import ReachTrial
from rl_agent.types import Array, FloatArray, SafetyState

Act = Callable[[FloatArray], FloatArray | None]
"""Observation (obs_dim,) to action (act_dim,); None where it must not be acted on."""


@dataclass(frozen=True, kw_only=True)
class EpisodeResult:
    """How one episode went; in reaching, one target."""

    is_success: bool
    time_to_target_s: float | None
    """None without success."""
    final_error: float
    """Distance to the goal after the last step [`Evaluation.error_unit`]."""
    episode_return: float
    """Sum of rewards."""
    num_steps: int
    num_interventions: int
    """Steps in which a limit changed the command, see `is_limited`."""
    num_refused: int
    """Observations that the policy refused to act on."""
    goal: list[float]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All episodes of one evaluation, and what they come to."""

    task: str
    error_unit: str
    seed: int
    episodes: tuple[EpisodeResult, ...]

    @property
    def success_rate(self) -> float:
        """Share of successful episodes."""
        return float(np.mean([episode.is_success for episode in self.episodes]))

    @property
    def median_time_s(self) -> float | None:
        """Median time to the target over the successful episodes [s]; None without any."""
        times = [e.time_to_target_s for e in self.episodes if e.time_to_target_s is not None]
        return float(np.median(times)) if times else None

    @property
    def mean_final_error(self) -> float:
        """Mean error at the end of the episodes [error_unit]."""
        return float(np.mean([episode.final_error for episode in self.episodes]))

    @property
    def mean_return(self) -> float:
        """Mean sum of rewards."""
        return float(np.mean([episode.episode_return for episode in self.episodes]))

    @property
    def intervention_share(self) -> float:
        """Share of steps in which a limit changed the command, 0 to 1."""
        steps = sum(episode.num_steps for episode in self.episodes)
        return sum(episode.num_interventions for episode in self.episodes) / steps

    @property
    def num_refused(self) -> int:
        """Observations that the policy refused to act on."""
        return sum(episode.num_refused for episode in self.episodes)

    def summary(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return {
            "task": self.task,
            "seed": self.seed,
            "num_episodes": len(self.episodes),
            "success_rate": self.success_rate,
            "median_time_s": self.median_time_s,
            "mean_final_error": self.mean_final_error,
            "error_unit": self.error_unit,
            "mean_return": self.mean_return,
            "intervention_share": self.intervention_share,
            "num_refused": self.num_refused,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the figures and every episode as plain JSON values."""
        return {**self.summary(), "episodes": [asdict(episode) for episode in self.episodes]}


def evaluate(
    env: Any,
    act: Act,
    *,
    num_episodes: int,
    seed: int,
    on_episode: Callable[[EpisodeResult], None] | None = None,
) -> Evaluation:
    """Run `num_episodes` with `act`; the same seed gives the same targets to every policy.

    Args:
        env: A `TwinEnv`, possibly wrapped.
        act: The policy, deterministic.
        num_episodes: At least one.
        seed: Of targets and start poses.
        on_episode: Called after each episode, for progress displays.
    """
    rollout = _Rollout(env, act)
    rollout.reset(seed=seed)
    task = env.unwrapped.task
    targets = ReachTargets(task.workspace, seed) if isinstance(task, ReachTask) else None
    episodes = []
    for _ in range(num_episodes):
        result = _plain_episode(rollout) if targets is None else _reach_episode(rollout, targets)
        episodes.append(result)
        if on_episode is not None:
            on_episode(result)
    return Evaluation(
        task=type(task).__name__, error_unit=task.error_unit, seed=seed, episodes=tuple(episodes)
    )


@dataclass(frozen=True)
class _Step:
    """What one step told."""

    error: float
    reward: float
    is_over: bool
    was_limited: bool
    was_refused: bool


class _Rollout:
    """Lets a policy drive an environment step by step."""

    def __init__(self, env: Any, act: Act) -> None:
        self._env = env
        self._act = act
        self.period_s = 1.0 / env.unwrapped.robot.policy_hz
        self.judge = EpisodeJudge(env.unwrapped.task, env.unwrapped.robot.policy_hz)
        self.context = np.zeros(0)
        self.is_stopped = False

    def reset(self, **arguments: Any) -> None:
        """Begin an episode; arguments as of `Env.reset`."""
        self._obs, info = self._env.reset(**arguments)
        self.context = info["context"]
        self.is_stopped = False
        self.judge.close()

    def step(self) -> _Step:
        """Let one policy period pass."""
        action = self._act(self._obs)
        # Over ROS nothing would be proposed; in the twin a step needs an action: no motion.
        proposed = np.zeros(self._env.action_space.shape, np.float32) if action is None else action
        self._obs, reward, terminated, truncated, info = self._env.step(proposed)
        self.context = info["next_context"]
        self.judge.add(self.context[None], info["goal"][None])
        self.is_stopped = info["safety_state"] == SafetyState.STOPPED
        return _Step(
            error=info["error"],
            reward=float(reward),
            is_over=bool(terminated or truncated),
            was_limited=is_limited(info["reasons"]),
            was_refused=action is None,
        )


def _reach_episode(rollout: _Rollout, targets: ReachTargets) -> EpisodeResult:
    """Go on from where the robot stands to the next target, judged by `ReachRule`."""
    if rollout.is_stopped:
        rollout.reset(options={"keep_pose": False})
    goal = targets.next(rollout.context)
    rollout.reset(options={"goal": goal, "keep_pose": True})
    trial, steps = ReachTrial(0.0), list[_Step]()
    while not trial.has_ended and not (steps and steps[-1].is_over):
        steps.append(rollout.step())
        trial.update(len(steps) * rollout.period_s, steps[-1].error)
    result = trial.result()
    return _summarise(steps, result.is_success, result.time_to_target_s, goal)


def _plain_episode(rollout: _Rollout) -> EpisodeResult:
    """Run to the episode's end, judged by `EpisodeJudge`."""
    rollout.reset()
    steps = [rollout.step()]
    while not steps[-1].is_over:
        steps.append(rollout.step())
    is_success, num_held = rollout.judge.is_success, rollout.judge.num_held
    time_s = (len(steps) - num_held + 1) * rollout.period_s if is_success else None
    return _summarise(steps, is_success, time_s, np.zeros(0))


def _summarise(
    steps: Sequence[_Step], is_success: bool, time_s: float | None, goal: Array
) -> EpisodeResult:
    return EpisodeResult(
        is_success=is_success,
        time_to_target_s=time_s,
        final_error=steps[-1].error,
        episode_return=sum(step.reward for step in steps),
        num_steps=len(steps),
        num_interventions=sum(step.was_limited for step in steps),
        num_refused=sum(step.was_refused for step in steps),
        goal=[float(value) for value in goal],
    )
