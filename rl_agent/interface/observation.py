"""Measurements to observations: named terms from the profile, then the task's own part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.interface.action import SetPoint
from rl_agent.interface.recent_actions import RecentActions
from rl_agent.kinematics import Kinematics
from rl_agent.robots.profile import nearest
from rl_agent.spec import JointType, RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import Array, FloatArray, Measurement

PASSIVE_SPEED = 10.0
"""[rad/s or m/s] a free pendulum's order of magnitude."""
JACOBIAN_SCALE_M = 0.2
"""Lever arms of desk arms are a few decimetres."""
TURN_SCALE = 4.0
"""[rad/s] of a walking body; gyros of legged robots are usually scaled by 0.25."""
MAX_AGE_PERIODS = 3.0
"""Of `measurement_age`: what is older, the gate has long held for."""
BODY_SOURCES = {
    "projected_gravity": "imu",
    "angular_velocity": "imu",
    "privileged_base_velocity": "odom",
}
"""Terms that are not in joint_states, and the topic of each."""
BODY_TERMS = tuple(BODY_SOURCES)
UNKNOWN = np.full(3, np.nan)
"""A reading that is not there: no policy acts on an observation that is not finite."""


@dataclass(frozen=True)
class _Reading:
    """What a term may look at."""

    measurement: Measurement
    setpoint: SetPoint
    recent: RecentActions


class ObservationBuilder:
    """Builds (obs_dim,) float32 vectors whose layout is part of the bundle's contract.

    Terms cover the action joints, and passive joints in `joint_position` and `joint_velocity`. All
    are of the order of one, and scaled by what the contract holds, never by a limit: limits may be
    tightened under a trained policy. Terms of the body (`projected_gravity`, `angular_velocity`,
    `privileged_base_velocity`) are NaN while the measurement lacks them. `action_history` holds the
    actions before `previous_action`, newest first; `measurement_age` is in policy periods.
    """

    def __init__(self, spec: RobotSpec, task: Task, kinematics: Kinematics | None) -> None:
        self._task = task
        self._kinematics = kinematics
        self._commanded = np.array(spec.action_index)
        self._seen = _seen_joints(spec)
        joints = [spec.joints[i] for i in self._seen]
        self._turns = np.array([joint.type is JointType.CONTINUOUS for joint in joints])
        self._max_speed = np.array(spec.action.max_speed)
        speeds = dict(zip(spec.action.joints, spec.action.max_speed, strict=True))
        self._seen_speed = np.array([speeds.get(j.name, PASSIVE_SPEED) for j in joints])
        self._acceleration_scale = self._max_speed * 2.0 * np.pi * spec.action.smoothing_hz
        self._measured = np.array([spec.command_index[i] for i in self._commanded])
        self._period_s = spec.policy_period_s
        workspace = spec.tool.workspace if spec.tool else None
        self._pan_axis = workspace.pan_axis_m if workspace else (0.0, 0.0)
        self._terms = [self._term(name, index) for index, name in enumerate(spec.obs_terms)]
        self.layout = self._layout(spec)
        self.obs_dim = sum(size for _, _, size in self.layout)
        self.goal_slice = slice(self.obs_dim - task.goal_obs_dim, self.obs_dim)

    def build(
        self,
        measurement: Measurement,
        goal: Array,
        setpoint: SetPoint,
        recent: RecentActions,
    ) -> FloatArray:
        """Return (obs_dim,) float32.

        Args:
            measurement: The newest reading.
            goal: (goal_dim,) of the task.
            setpoint: The action mapper's.
            recent: What was proposed before.
        """
        reading = _Reading(measurement, setpoint, recent)
        parts = [term(reading) for term in self._terms]
        parts.append(self._task.goal_obs(self._task.context(measurement), goal))
        return np.concatenate(parts).astype(np.float32)

    def unknown_terms(self, obs: FloatArray) -> list[str]:
        """Return the terms of an observation (obs_dim,) that hold NaN or inf."""
        known = np.isfinite(obs)
        return [name for name, begin, size in self.layout if not known[begin : begin + size].all()]

    def _term(self, name: str, index: int) -> Callable[[_Reading], Array]:
        terms: dict[str, Callable[[_Reading], Array]] = {
            "joint_position": self._joint_position,
            "joint_velocity": self._joint_velocity,
            "setpoint_error": self._setpoint_error,
            "setpoint_velocity": self._setpoint_velocity,
            "setpoint_acceleration": self._setpoint_acceleration,
            "previous_action": lambda reading: reading.recent.newest.astype(np.float64),
            "action_history": lambda reading: reading.recent.older.ravel().astype(np.float64),
            "measurement_age": self._measurement_age,
            "tool_jacobian": self._tool_jacobian,
            "projected_gravity": _projected_gravity,
            "angular_velocity": _angular_velocity,
            "privileged_base_velocity": _base_velocity,
        }
        if name not in terms:
            message = f"no such term{nearest(name, terms)}; known: {', '.join(terms)}"
            raise ProfileError("profile", [Problem(f"observation.terms[{index}]", message)])
        if name == "tool_jacobian" and self._kinematics is None:
            message = "needs a tool; give the profile a tool section"
            raise ProfileError("profile", [Problem(f"observation.terms[{index}]", message)])
        return terms[name]

    def _layout(self, spec: RobotSpec) -> list[tuple[str, int, int]]:
        num_commands = len(spec.command_joints)
        rest = SetPoint(np.zeros(num_commands), np.zeros(num_commands), np.zeros(num_commands))
        still = Measurement(0.0, spec.home, np.zeros_like(spec.home))
        reading = _Reading(still, rest, RecentActions.none(spec))
        layout, start = [], 0
        for name, term in zip(spec.obs_terms, self._terms, strict=True):
            size = len(term(reading))
            layout.append((name, start, size))
            start += size
        layout.append(("goal", start, self._task.goal_obs_dim))
        return layout

    def _joint_position(self, reading: _Reading) -> Array:
        position = reading.measurement.position[self._seen]
        angle = position[self._turns]
        return np.concatenate([position[~self._turns], np.sin(angle), np.cos(angle)])

    def _joint_velocity(self, reading: _Reading) -> Array:
        return reading.measurement.velocity[self._seen] / self._seen_speed

    def _setpoint_error(self, reading: _Reading) -> Array:
        error = (
            reading.setpoint.position[self._commanded]
            - reading.measurement.position[self._measured]
        )
        return error / (self._max_speed * self._period_s)

    def _setpoint_velocity(self, reading: _Reading) -> Array:
        return reading.setpoint.velocity[self._commanded] / self._max_speed

    def _setpoint_acceleration(self, reading: _Reading) -> Array:
        return reading.setpoint.acceleration[self._commanded] / self._acceleration_scale

    def _measurement_age(self, reading: _Reading) -> Array:
        periods = reading.measurement.age_s / self._period_s
        return np.array([min(max(periods, 0.0), MAX_AGE_PERIODS)])

    def _tool_jacobian(self, reading: _Reading) -> Array:
        """Tool velocity per joint velocity, in the frame that turns with the tool about the pan.

        In that frame the entries do not depend on the first joint, so what is learned in front of
        the arm holds at its side.
        """
        assert self._kinematics is not None
        position = reading.measurement.position
        x, y, _ = self._kinematics.tool_position(position)
        jacobian = self._kinematics.tool_jacobian(position)[:, self._measured]
        azimuth = np.arctan2(y - self._pan_axis[1], x - self._pan_axis[0])
        return rotate_to_azimuth(jacobian, azimuth).ravel() / JACOBIAN_SCALE_M


def _projected_gravity(reading: _Reading) -> Array:
    imu = reading.measurement.imu
    return UNKNOWN if imu is None else imu.projected_gravity


def _angular_velocity(reading: _Reading) -> Array:
    imu = reading.measurement.imu
    return UNKNOWN if imu is None else imu.angular_velocity / TURN_SCALE


def _base_velocity(reading: _Reading) -> Array:
    velocity = reading.measurement.base_velocity
    return UNKNOWN if velocity is None else velocity


def rotate_to_azimuth(vectors: Array, azimuth: float) -> Array:
    """Return (3, n) vectors turned by -azimuth [rad] about z: radial, tangential, vertical."""
    cos, sin = np.cos(azimuth), np.sin(azimuth)
    rotation = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return rotation @ vectors


def _seen_joints(spec: RobotSpec) -> Array:
    return np.array(
        [i for i, j in enumerate(spec.joints) if j.name in spec.action.joints or not j.is_actuated]
    )
