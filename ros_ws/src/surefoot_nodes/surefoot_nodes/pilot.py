"""From measurement and goal to the next proposal: the policy's side of the loop, without ROS."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rl_agent.data.layout import TransitionLayout
from rl_agent.interface.applied_sum import AppliedSum
from rl_agent.interface.experience import Experience
from rl_agent.interface.intermission import Intermission
from rl_agent.interface.mappers import make_mapper
from rl_agent.interface.motion_reset import MotionReset
from rl_agent.interface.observation import BODY_SOURCES, ObservationBuilder
from rl_agent.interface.recent_actions import RecentActions
from rl_agent.interface.resets import make_reset
from rl_agent.kinematics import Kinematics
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import Array, Command, Measurement, Transition

from .actors import Actor

MOST = 1e6
"""[rad, m and per second] no joint reads that: a network must not be asked about garbage."""


class Pilot:
    """Holds what lives from one policy period to the next: set-point and recent actions."""

    def __init__(
        self,
        spec: RobotSpec,
        task: Task,
        kinematics: Kinematics | None,
        actor: Actor,
        *,
        keeps_experience: bool = False,
        reset: str = "none",
        seed: int = 0,
    ) -> None:
        """Make it; only with `keeps_experience` does `conclude` return anything.

        Args:
            spec: The robot.
            task: What it does.
            kinematics: Of its tool, where observations or the task need it.
            actor: Who decides.
            keeps_experience: Whether there are episodes, and steps to be learned from.
            reset: What happens between two episodes, see `RESETS`.
            seed: Of start positions.
        """
        self._actor = actor
        self._timeout_s = spec.observation_timeout_s
        self._builder = ObservationBuilder(spec, task, kinematics)
        self._mapper = make_mapper(spec)
        self._index = np.array(spec.command_index)
        self._recent = self._nothing = RecentActions.none(spec)
        self.layout = TransitionLayout.of(task, obs_dim=self._builder.obs_dim, act_dim=spec.act_dim)
        self._experience = (
            Experience(spec, task, self._builder, self._mapper) if keeps_experience else None
        )
        # Where a task has goals, a new one ends an episode; elsewhere time does.
        self._episode_steps = 0 if task.goal_dim else round(task.episode_s * spec.policy_hz)
        self._num_steps = 0
        rng = np.random.default_rng(seed)
        self.reset = make_reset(reset, spec, task, self._mapper, rng)
        """What happens between two episodes; None for nothing."""
        self._between = Intermission(spec, task, self.reset)
        self._goal: Array | None = None
        self.last_refusal = ""
        """Why the newest `propose` proposed nothing; empty where it did."""
        self.task = task
        self.policy_hz = spec.policy_hz

    @property
    def num_falls(self) -> int:
        """Episodes that the policy brought to an end itself."""
        return self._between.num_falls

    @property
    def num_dropped(self) -> int:
        """Decisions whose outcome is not known, so that they made no transition."""
        return self._experience.num_dropped if self._experience is not None else 0

    @property
    def is_resetting(self) -> bool:
        """Whether one episode is over and the next has not begun."""
        return self._between.is_resetting

    @property
    def num_timeouts(self) -> int:
        """Resets that the robot could not carry out in time."""
        return self.reset.num_timeouts if isinstance(self.reset, MotionReset) else 0

    @property
    def holds_goals(self) -> bool:
        """Whether the goal that stands is the next episode's, and waits for it."""
        return self._between.holds_goals

    def follow(self, measurement: Measurement) -> None:
        """Start from where the robot stands: nobody moves it for us, so nothing may add up."""
        self._mapper.reset(measurement.position[self._index])
        self._recent = self._nothing
        if self._experience is not None:
            self._experience.forget()
            self._between.begin(None)

    def conclude(
        self, measurement: Measurement, applied: AppliedSum, goal: Array | None
    ) -> Transition | None:
        """Return the transition that ends with this reading, if one does; due before `propose`.

        Args:
            measurement: The newest reading.
            applied: What the gate did.
            goal: (goal_dim,) what is asked for now; another one than before ends an episode, and
                None a pause, of which only the end that the policy brought about itself is kept.
        """
        experience = self._experience
        if experience is None:
            return None
        if experience.stamp_s is None or not _is_usable(measurement):
            applied.take(None)
            return None
        is_cut = goal is None or not np.array_equal(goal, experience.goal)
        is_over = is_cut or self._num_steps + 1 == self._episode_steps
        period = applied.take(experience.stamp_s)
        transition = experience.end(measurement, period, is_cut=is_over)
        has_fallen = transition is not None and transition.terminated
        if is_over or has_fallen:
            self._between.begin(None, has_fallen=has_fallen)
        has_ended = transition is None or transition.terminated or transition.truncated
        self._num_steps = 0 if has_ended else self._num_steps + 1
        if transition is not None and goal is None and not transition.terminated:
            return None
        return transition

    def end_episode(self) -> None:
        """Let another episode begin, after the reset: somebody's word ended this one."""
        self._num_steps = 0
        self._between.begin(self._goal)

    def propose(
        self, measurement: Measurement, goal: Array, applied: Command | None
    ) -> Command | None:
        """Return where to be one policy period from now; None where nothing should be proposed.

        `last_refusal` then says why.

        Args:
            measurement: The newest reading.
            goal: (goal_dim,) of the task.
            applied: The gate's newest command, if it is fresh.
        """
        self.last_refusal = ""
        if not _is_usable(measurement):
            self.last_refusal = f"the reading holds NaN, inf, or a number beyond {MOST:.0e}"
            return None
        measured = measurement.position[self._index]
        if self._experience is not None:
            between = self._between.act(measurement, goal)
            if between is not None:
                self._recent = self._nothing
                return self._mapper.command(between, applied, measured)
        obs = self._builder.build(measurement, goal, self._mapper.setpoint, self._recent)
        action = self._actor.act(obs, measurement, goal)
        if action is None:
            unknown = self._builder.unknown_terms(obs)
            self.last_refusal = self._unknown(unknown) if unknown else self._actor.last_refusal
            return None
        action = np.clip(action, -1.0, 1.0).astype(np.float32)
        recent, self._recent = self._recent, self._recent.then(action)
        if self._experience is not None:
            self._experience.begin(obs, action, recent, measurement, goal)
            self._goal = goal.copy()
        return self._mapper.command(action, applied, measured)

    def _unknown(self, terms: Sequence[str]) -> str:
        topics = sorted({BODY_SOURCES[term] for term in terms if term in BODY_SOURCES})
        told = f"observation term {', '.join(terms)} is not known"
        within = f"within {1e3 * self._timeout_s:g} ms"
        return f"{told}: nothing came on {' and '.join(topics)} {within}" if topics else told


def _is_usable(measurement: Measurement) -> bool:
    parts = [measurement.position, measurement.velocity]
    if measurement.imu is not None:
        parts += [measurement.imu.projected_gravity, measurement.imu.angular_velocity]
    if measurement.base_velocity is not None:
        parts.append(measurement.base_velocity)
    # NaN compares as false, so this covers it.
    return all(bool((np.abs(part) <= MOST).all()) for part in parts)
