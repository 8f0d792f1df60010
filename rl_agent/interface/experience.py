"""What a policy period gave, as a transition: seen, decided, applied by the gate, seen again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rl_agent.interface.action import ActionMapper
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.interface.recent_actions import RecentActions
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import Array, Command, FloatArray, Measurement, Reason, Transition

LONGEST_PERIODS = 1.5
"""Between two readings: over a longer time, others had a hand in what became of an action."""


@dataclass(frozen=True, kw_only=True)
class AppliedPeriod:
    """What the gate did within one policy period."""

    command: Command
    """Its newest."""
    reasons: Reason
    """Of all ticks, or-ed."""
    shares: FloatArray
    """(3,) summed over ticks, in the order of `SHARES` [rad/s or m/s]."""


@dataclass(frozen=True, kw_only=True)
class _Decision:
    obs: FloatArray
    action: FloatArray
    recent: RecentActions
    goal: Array
    context: Array
    stamp_s: float


class Experience:
    """Joins decisions with what became of them; the reward is the task's, as in the twin."""

    def __init__(
        self, spec: RobotSpec, task: Task, builder: ObservationBuilder, mapper: ActionMapper
    ) -> None:
        """Watch the policy that uses `builder` and `mapper`."""
        self._task = task
        self._builder = builder
        self._mapper = mapper
        self._longest_s = LONGEST_PERIODS * spec.policy_period_s
        self._decision: _Decision | None = None
        self.num_dropped = 0
        """Decisions that made no transition: the next reading was late, nothing was heard of the
        gate, or others moved the robot, or held it, for a part of the time."""

    @property
    def stamp_s(self) -> float | None:
        """Of the reading behind the decision whose outcome is awaited; None without one."""
        return self._decision.stamp_s if self._decision is not None else None

    @property
    def goal(self) -> Array | None:
        """What that decision was asked for; None without one."""
        return self._decision.goal if self._decision is not None else None

    def begin(
        self,
        obs: FloatArray,
        action: FloatArray,
        recent: RecentActions,
        measurement: Measurement,
        goal: Array,
    ) -> None:
        """Note a decision.

        Args:
            obs: (obs_dim,) what was seen.
            action: (act_dim,) proposed, in [-1, 1].
            recent: What was proposed before.
            measurement: What `obs` was built from.
            goal: (goal_dim,) what was asked for.
        """
        self._decision = _Decision(
            obs=obs.copy(),
            action=action.copy(),
            recent=recent,
            goal=goal.copy(),
            context=self._task.context(measurement),
            stamp_s=measurement.stamp_s,
        )

    def end(
        self, measurement: Measurement, applied: AppliedPeriod | None, *, is_cut: bool = False
    ) -> Transition | None:
        """Return what the newest decision led to; due before the mapper's next command.

        Args:
            measurement: The reading a policy period later.
            applied: What the gate did meanwhile; None if nothing was heard of it, or others had a
                hand in it.
            is_cut: The episode ends here for another reason than the task's: time, an operator.

        Returns:
            None where there was no decision, or where its outcome is not known.
        """
        decision, self._decision = self._decision, None
        if decision is None:
            return None
        waited_s = measurement.stamp_s - decision.stamp_s
        if applied is None or not 0.0 < waited_s <= self._longest_s:
            self.num_dropped += 1
            return None
        applied_action = self._mapper.applied_action(
            decision.action, applied.command, applied.reasons
        )
        next_context = self._task.context(measurement)
        reward = self._task.reward(
            decision.context,
            next_context,
            applied_action.astype(np.float64),
            decision.recent.newest.astype(np.float64),
            decision.goal,
        )
        next_obs = self._builder.build(
            measurement,
            decision.goal,
            self._mapper.setpoint,
            decision.recent.then(decision.action),
        )
        return Transition(
            obs=decision.obs,
            action=decision.action,
            applied_action=applied_action,
            previous_action=decision.recent.newest,
            reward=float(reward),
            terminated=bool(self._task.terminated(next_context, decision.goal)),
            truncated=is_cut,
            next_obs=next_obs,
            context=decision.context.astype(np.float32),
            next_context=next_context.astype(np.float32),
            goal=decision.goal.astype(np.float32),
            reasons=int(applied.reasons),
            shares=np.asarray(applied.shares, dtype=np.float32),
        )

    def forget(self) -> None:
        """Drop a decision whose outcome is nobody's: the robot was moved, or stood still."""
        self._decision = None
