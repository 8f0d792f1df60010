"""A robot's twin as a Gymnasium environment: the same interface, gate and task as on the robot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from rl_agent.interface.mappers import make_mapper
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.interface.recent_actions import RecentActions
from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec
from rl_agent.tasks.registry import make_task
from rl_agent.types import Array, Command, FloatArray, Reason, SafetyState
from sim.control_loop import ControlLoop, PeriodReport
from sim.twin import Twin

ResetPose = Literal["continue", "start", "random"]
OBS_BOUND = 100.0
"""Terms are of order one; anything near this is a fault, not a reading."""
STUCK = Reason.FOLLOWING_ERROR | Reason.FROZEN | Reason.IMPLAUSIBLE
"""What the gate holds for without an end: an operator would step in, an episode is cut short."""


class TwinEnv(gymnasium.Env[FloatArray, FloatArray]):  # type: ignore[misc]  # gymnasium is skipped
    """One robot, one task. Actions are in [-1, 1], observations float32 of order one.

    After a time limit a goal task goes on from where the robot stands, towards a new goal, as it
    would on hardware (`reset_pose="continue"`); `reset(seed=...)`, a true end and a safety stop
    bring it back to a start pose. `reset(options=...)` takes `goal`, `position` (start there) and
    `keep_pose` (overrides `reset_pose` once).

    `info` of a step holds what a `Transition` needs: applied_action, previous_action, reasons,
    shares, context, next_context, goal, and for reports is_success, error, applied_positions,
    safety_state. previous_action is what the policy proposed a step before: a node knows that
    without asking the gate.
    """

    # Not a ClassVar: pictures pass at the rate of this environment's policy.
    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(
        self,
        robot: str | RobotSpec,
        task: str,
        *,
        policy_hz: float | None = None,
        gate_hz: float | None = None,
        observation_delay_ms: float | None = None,
        action_delay_ms: float | None = None,
        actuator_delay_ms: float | None = None,
        reset_pose: ResetPose | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Build the robot's twin, gate and task; None takes the profile's value.

        Args:
            robot: A profile's name or file, or a profile that was loaded before.
            task: A name of `rl_agent.tasks.registry`, or `module:Class`.
            policy_hz: Steps per second.
            gate_hz: The gate's ticks per second, a whole multiple of policy_hz.
            observation_delay_ms: Age of a measurement when the policy sees it.
            action_delay_ms: From the policy's decision to the gate's first command from it.
            actuator_delay_ms: From the gate's command to the servo's reference.
            reset_pose: After a time limit, "continue", go back to "start", or begin each episode
                at a "random" pose of the task's; None continues where a task has goals.
            render_mode: "rgb_array" or None.

        Raises:
            SurefootError: The profile, the MJCF or the task does not hold.
        """
        spec = load_robot(robot) if isinstance(robot, str) else robot
        spec = spec.with_rates(policy_hz=policy_hz, gate_hz=gate_hz)
        delays = (observation_delay_ms, action_delay_ms, actuator_delay_ms)
        self.robot = _with_delays(spec, delays)
        self.twin = Twin(self.robot)
        self.task = make_task(task, self.robot, self.twin.kinematics)
        self.loop = ControlLoop(_unwatched(self.robot), self.twin)
        self.builder = ObservationBuilder(self.robot, self.task, self.twin.kinematics)
        self.mapper = make_mapper(self.robot)
        self.reset_pose = reset_pose or ("continue" if self.task.goal_dim else "start")
        self.render_mode = render_mode
        self.metadata = {**self.metadata, "render_fps": self.robot.policy_hz}
        self.observation_space = Box(-OBS_BOUND, OBS_BOUND, (self.builder.obs_dim,), np.float32)
        self.action_space = Box(-1.0, 1.0, (self.robot.act_dim,), np.float32)
        self.max_episode_steps = round(self.task.episode_s * self.robot.policy_hz)
        self.goal = np.zeros(self.task.goal_dim)
        self._recent = RecentActions.none(self.robot)
        self._context = np.zeros(self.task.context_dim)
        self._applied: Command | None = None
        self._episode_step = 0
        self._may_continue = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[FloatArray, dict[str, Any]]:
        """Draw a goal, and a start pose where the episode does not continue; see the class."""
        super().reset(seed=seed)
        options = options or {}
        keep_pose = options.get("keep_pose", self.reset_pose == "continue")
        if seed is not None or "position" in options or not (keep_pose and self._may_continue):
            self._start(options.get("position"))
        measurement = self.loop.measurement
        goal = options.get("goal")
        drawn = self.task.sample_goal(self.np_random, measurement) if goal is None else goal
        self.goal = np.array(drawn, dtype=np.float64)
        self._context = self.task.context(measurement)
        self._episode_step = 0
        return self._obs(), {
            "goal": self.goal.copy(),
            "context": self._context.copy(),
            "error": float(self.task.error(self._context, self.goal)),
            "is_success": bool(self.task.success(self._context, self.goal)),
        }

    def step(self, action: FloatArray) -> tuple[FloatArray, float, bool, bool, dict[str, Any]]:
        """Let one policy period pass."""
        action = np.clip(np.asarray(action, dtype=np.float32), -1.0, 1.0)
        report = self.loop.run(self._command(action))
        self._applied = report.applied
        applied_action = self._applied_action(action, report)
        context, next_context = self._context, self.task.context(self.loop.measurement)
        previous_action = self._recent.newest
        reward = self.task.reward(
            context,
            next_context,
            applied_action.astype(np.float64),
            previous_action.astype(np.float64),
            self.goal,
        )
        self._context = next_context
        proposed = action if np.isfinite(action).all() else np.zeros_like(action)
        self._recent = self._recent.then(proposed)
        self._episode_step += 1
        is_stopped = report.state is SafetyState.STOPPED or _needs_help(report)
        terminated = bool(self.task.terminated(next_context, self.goal))
        truncated = is_stopped or self._episode_step >= self.max_episode_steps
        self._may_continue = not (terminated or is_stopped)
        info = {
            "applied_action": applied_action,
            "previous_action": previous_action,
            "reasons": int(report.reasons),
            "shares": report.shares.astype(np.float32),
            "context": context,
            "next_context": next_context.copy(),
            "goal": self.goal.copy(),
            "is_success": bool(self.task.success(next_context, self.goal)),
            "error": float(self.task.error(next_context, self.goal)),
            "applied_positions": report.applied_positions,
            "safety_state": report.state.value,
        }
        return self._obs(), float(reward), terminated, truncated, info

    def render(self) -> NDArray[np.uint8] | None:
        """Return a picture (480, 640, 3) with the goal, if render_mode asks for it."""
        if self.render_mode is None:
            return None
        goal = self.goal if self.robot.tool is not None and len(self.goal) == 3 else None
        return self.twin.render(goal=goal)

    def get_state(self) -> dict[str, Any]:
        """Return all that the future depends on: nested dicts of numbers, strings and arrays."""
        applied = self._applied
        return {
            "loop": self.loop.get_state(),
            "mapper": self.mapper.get_state(),
            "rng": self.np_random.bit_generator.state,
            "goal": self.goal.copy(),
            "context": self._context.copy(),
            "previous_action": self._recent.newest.copy(),
            "action_history": self._recent.older.copy(),
            "applied_position": None if applied is None else applied.position.copy(),
            "applied_velocity": None if applied is None else applied.velocity.copy(),
            "episode_step": self._episode_step,
            "may_continue": self._may_continue,
        }

    def set_state(self, state: dict[str, Any]) -> FloatArray:
        """Continue, bit by bit, where `get_state` was taken; return its observation."""
        self.loop.set_state(state["loop"])
        self.mapper.set_state(state["mapper"])
        self.np_random.bit_generator.state = state["rng"]
        self.goal = np.array(state["goal"], dtype=np.float64)
        self._context = np.array(state["context"], dtype=np.float64)
        # States of before there was a history have none.
        older = state.get("action_history", RecentActions.none(self.robot).older)
        self._recent = RecentActions(
            np.vstack([state["previous_action"], older]).astype(np.float32)
        )
        self._applied = None
        if state["applied_position"] is not None:
            self._applied = Command(
                np.array(state["applied_position"]), np.array(state["applied_velocity"])
            )
        self._episode_step = int(state["episode_step"])
        self._may_continue = bool(state["may_continue"])
        return self._obs()

    def _start(self, position: Array | None) -> None:
        """Put the robot at rest, armed."""
        draw = (
            self.task.random_position if self.reset_pose == "random" else self.task.start_position
        )
        start = draw(self.np_random) if position is None else position
        start = np.asarray(start, dtype=np.float64)
        self.loop.reset(start)
        self.mapper.reset(start[list(self.robot.command_index)])
        self._recent = RecentActions.none(self.robot)
        self._applied = None
        self._may_continue = True

    def _command(self, action: FloatArray) -> Command:
        if np.isfinite(action).all():
            measured = self.loop.measurement.position[list(self.robot.command_index)]
            return self.mapper.command(action, self._applied, measured)
        # The gate is the judge of that, and stops; the mapper must not integrate it.
        nothing = np.full(len(self.robot.command_joints), np.nan)
        return Command(nothing, nothing)

    def _applied_action(self, action: FloatArray, report: PeriodReport) -> FloatArray:
        proposed = np.nan_to_num(action)
        return self.mapper.applied_action(proposed, report.applied, report.reasons)

    def _obs(self) -> FloatArray:
        return self.builder.build(
            self.loop.measurement, self.goal, self.mapper.setpoint, self._recent
        )


def _unwatched(spec: RobotSpec) -> RobotSpec:
    """Return the robot without following errors: whoever explores leans on the desk now and then.

    Cut short at each touch, an arm did not learn to get off again: 92 % of its targets instead of
    100 % after as many steps.
    """
    joints = tuple(replace(joint, max_following_error=None) for joint in spec.joints)
    return replace(spec, joints=joints)


def _needs_help(report: PeriodReport) -> bool:
    """Tell whether the gate holds for what does not end by itself, such as a jammed joint."""
    return report.state is SafetyState.HOLD and bool(report.reasons & STUCK)


def _with_delays(
    spec: RobotSpec, delays_ms: tuple[float | None, float | None, float | None]
) -> RobotSpec:
    observation, action, actuator = delays_ms
    twin = spec.twin
    if observation is not None:
        twin = replace(twin, observation_delay_ms=observation)
    if action is not None:
        twin = replace(twin, action_delay_ms=action)
    if actuator is not None:
        twin = replace(twin, actuator_delay_ms=actuator)
    return replace(spec, twin=twin)
