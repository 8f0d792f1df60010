"""A robot as every room sees it: frozen dataclasses made from one YAML profile. SI units."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import Array

Selection = slice | NDArray[np.intp]
"""What picks elements of an array: `array[selection]`."""


def select(index: Sequence[int] | NDArray[np.intp]) -> Selection:
    """Return what picks `index`: a slice, ten times as fast, where the elements are neighbours."""
    indices = np.asarray(index, dtype=np.intp)
    if len(indices) and np.array_equal(indices, indices[0] + np.arange(len(indices))):
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices


class JointType(StrEnum):
    """How a joint moves; `continuous` has no position limit."""

    REVOLUTE = "revolute"
    CONTINUOUS = "continuous"
    PRISMATIC = "prismatic"


class ControllerType(StrEnum):
    """The ros2_control controller that listens to the gate."""

    JOINT_TRAJECTORY = "joint_trajectory"
    FORWARD_POSITION = "forward_position"
    FORWARD_VELOCITY = "forward_velocity"


class StopMode(StrEnum):
    """What the robot does once it stands after a stop."""

    HOLD = "hold"
    DAMP = "damp"
    TORQUE_OFF = "torque_off"


class ZoneKind(StrEnum):
    """Shapes of the tool's workspace."""

    BOX = "box"
    SPHERE = "sphere"
    HALF_SPACE = "half_space"


@dataclass(frozen=True, kw_only=True)
class VelocityCurve:
    """Speed limits that fall towards a joint's ends: |v| <= sqrt(slope * distance) - offset.

    This is how Franka describes the FR3. `distance` is that to `lower` or `upper` [rad or m].
    """

    lower: float
    """Where the curve towards negative positions has its root [rad or m]."""
    upper: float
    slope: float
    """Twice the deceleration along the curve [rad/s2 or m/s2]."""
    offset: float = 0.0
    """[rad/s or m/s]."""


@dataclass(frozen=True, kw_only=True)
class JointSpec:
    """One joint: what it is called, how the driver's numbers become ours, and how far it may go."""

    name: str
    type: JointType
    is_actuated: bool = True
    """False for a joint that is measured only, such as a pendulum's."""
    sign: int = 1
    """+1 or -1: position = sign * scale * driver_position + offset_rad."""
    scale: float = 1.0
    offset_rad: float = 0.0
    """[rad], or [m] for a prismatic joint."""
    lower: float
    """Hard limit [rad or m]; -inf for a continuous joint."""
    upper: float
    margin: float = 0.0
    """The soft limits are the hard ones shrunk by this much on both sides [rad or m]."""
    max_velocity: float
    """[rad/s or m/s]."""
    max_acceleration: float
    """[rad/s2 or m/s2], for every command that is not an emergency."""
    brake_deceleration: float
    """[rad/s2 or m/s2], not below max_acceleration: what a stop may use."""
    max_jerk: float = float("inf")
    """[rad/s3 or m/s3], for every command that is not an emergency."""
    max_effort: float = float("inf")
    """[N m or N]."""
    velocity_curve: VelocityCurve | None = None
    max_following_error: float | None = None
    """Largest distance of measured from commanded position [rad or m]; None: not watched."""
    home: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ControllerSpec:
    """Who receives the applied command."""

    type: ControllerType
    name: str
    timeout_ms: float | None = None
    """Without a command for this long the controller stops by itself; None where it never does."""


@dataclass(frozen=True, kw_only=True)
class ActionSpec:
    """How an action in [-1, 1] becomes a command."""

    joints: tuple[str, ...]
    """The joints that the policy moves, in action order; other command joints keep their place."""
    max_speed: tuple[float, ...]
    """Speed at action = 1 [rad/s or m/s], per joint, not above its max_velocity."""
    offset: tuple[float, ...] = ()
    """Distance from home at action = 1 [rad or m], per joint; empty: actions are speeds."""
    smoothing_hz: float = 3.0
    """Natural frequency of the low-pass on the commanded velocity [Hz]."""
    dead_zone: float = 0.0
    """Actions smaller than this mean rest: a network's output is never exactly zero."""


@dataclass(frozen=True, kw_only=True)
class WatchdogSpec:
    """Times after which silence has a consequence; None takes the default that the rates imply."""

    proposal_ms: float | None = None
    observation_ms: float | None = None
    silence_ms: float = 500.0
    """A source that is silent this long counts as dead: the gate stops, and needs reset and arm."""


@dataclass(frozen=True, kw_only=True)
class ZoneSpec:
    """Where the tool must stay, or must not go, in the base frame."""

    name: str
    kind: ZoneKind
    keep: Literal["in", "out"]
    center_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of a box or sphere; a point of a half-space's plane."""
    half_size_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of a box, along the base's axes."""
    radius_m: float = 0.0
    """Of a sphere."""
    normal: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """Of a half-space, pointing to where the tool may be (keep in), or may not (keep out)."""


@dataclass(frozen=True, kw_only=True)
class PairSpec:
    """Two geoms of the MJCF that must keep a distance."""

    geoms: tuple[str, str]
    distance_m: float


@dataclass(frozen=True, kw_only=True)
class HealthSpec:
    """Bounds on what a driver reports of its motors and battery; None: not watched."""

    max_temperature_c: float | None = None
    max_current_a: float | None = None
    min_battery_v: float | None = None


@dataclass(frozen=True, kw_only=True)
class SafetySpec:
    """What the gate watches beyond the limits of single joints."""

    zones: tuple[ZoneSpec, ...] = ()
    zone_margin_m: float = 0.005
    """Commands keep this distance from zones: the robot itself lags, and cuts corners [m]."""
    pairs: tuple[PairSpec, ...] = ()
    limit_effort: bool = False
    """Keep the efforts that the model computes for a command within max_effort."""
    max_power_w: float | None = None
    """Mechanical power of all joints together [W], by the model."""
    prediction_steps: int = 0
    """Horizon of the predictive check in gate periods; 0 turns it off."""
    following_ms: float = 100.0
    gives_way: bool = False
    """While it holds for a following error, let the command go to where the robot stood then."""
    """A following error must last this long to count."""
    max_missed_ticks: int = 10
    """As many late ticks in a row stop the robot."""
    max_tilt_rad: float | None = None
    """Roll or pitch from `imu` beyond which the robot has fallen."""
    max_contact: float | None = None
    """Largest measured effort of a joint, as a share of max_effort, that is no collision."""
    presence_ms: float | None = None
    """An operator's heartbeat may be missing this long; None: no operator needs to be present."""
    estop_button: int | None = None
    """Index into joy's buttons."""
    health: HealthSpec = field(default_factory=HealthSpec)

    @property
    def needs_tool(self) -> bool:
        """Whether the tool's position must be known."""
        return bool(self.zones)

    @property
    def needs_dynamics(self) -> bool:
        """Whether masses must be known."""
        return self.limit_effort or self.max_power_w is not None

    @property
    def needs_model(self) -> bool:
        """Whether a mechanical model is needed at all."""
        return bool(self.needs_tool or self.pairs or self.needs_dynamics or self.prediction_steps)


@dataclass(frozen=True, kw_only=True)
class WorkspaceSpec:
    """Where targets lie, in cylinder coordinates about the base's pan axis."""

    pan_axis_m: tuple[float, float] = (0.0, 0.0)
    """x and y of the pan axis in the base frame [m]."""
    pan_rad: float
    """Targets lie within this angle to both sides of the base's x axis [rad]."""
    radius_m: tuple[float, float]
    """Distance from the pan axis, from and to [m]."""
    height_m: tuple[float, float]
    """Above the base, from and to [m]."""
    shoulder_m: tuple[float, float]
    """Radius and height of the shoulder joint [m]."""
    reach_m: float
    """No target lies further from the shoulder than this [m]."""


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """The point that tasks speak of."""

    site: str
    """Name of the site in the MJCF."""
    base_frame: str = "base_link"
    workspace: WorkspaceSpec | None = None


@dataclass(frozen=True, kw_only=True)
class TwinSpec:
    """The MuJoCo counterpart, and the imperfections it imitates."""

    mjcf: str
    """Beside the profile, or under sim/models."""
    physics_hz: float = 500.0
    observation_delay_ms: float = 5.0
    """Age of a measurement when the policy sees it."""
    action_delay_ms: float = 5.0
    """From a policy's decision to the gate's first command from it."""
    actuator_delay_ms: float = 0.0
    """From the gate's command to the servo's reference."""
    acknowledged_loosening: str | None = None
    """Hash that `surefoot robot check` prints for a profile whose bounds exceed the MJCF's."""


@dataclass(frozen=True, kw_only=True)
class RobotSpec:
    """One robot profile, validated: the single source of truth for every room."""

    name: str
    description: str
    schema_version: int
    joints: tuple[JointSpec, ...]
    policy_hz: float
    gate_hz: float
    state_hz: float
    """Expected rate of joint_states."""
    start_ramp_s: float
    """After arming, the velocity limit rises from a tenth to its full value in this time."""
    stop_mode: StopMode
    controller: ControllerSpec
    action: ActionSpec
    obs_terms: tuple[str, ...]
    """Names of the proprioceptive terms, in observation order; the task's own terms follow them."""
    watchdog: WatchdogSpec
    tool: ToolSpec | None
    twin: TwinSpec
    safety: SafetySpec = field(default_factory=SafetySpec)
    obs_history: int = 3  # actions in the term action_history, before previous_action
    signing_key: str | None = None
    """Public Ed25519 key, base64: only bundles that it signed may act. None: any whole bundle."""
    source: Path = field(compare=False)
    """The file it was read from."""

    @cached_property
    def joint_names(self) -> tuple[str, ...]:
        """Names of all measured joints."""
        return tuple(joint.name for joint in self.joints)

    @cached_property
    def command_joints(self) -> tuple[JointSpec, ...]:
        """The actuated joints, in profile order: the layout of every `Command`."""
        return tuple(joint for joint in self.joints if joint.is_actuated)

    @cached_property
    def command_names(self) -> tuple[str, ...]:
        """Names of the command joints."""
        return tuple(joint.name for joint in self.command_joints)

    @cached_property
    def command_index(self) -> tuple[int, ...]:
        """Where each command joint stands among the measured joints."""
        return tuple(self.joint_names.index(name) for name in self.command_names)

    @cached_property
    def command_selection(self) -> Selection:
        """What picks the command joints out of (num_joints,)."""
        return select(self.command_index)

    @cached_property
    def action_index(self) -> tuple[int, ...]:
        """Where each action joint stands among the command joints."""
        return tuple(self.command_names.index(name) for name in self.action.joints)

    @property
    def act_dim(self) -> int:
        """Number of actions."""
        return len(self.action.joints)

    @cached_property
    def home(self) -> Array:
        """(num_joints,) the pose to start from and return to."""
        return np.array([joint.home for joint in self.joints])

    @property
    def policy_period_s(self) -> float:
        """Seconds between two proposals."""
        return 1.0 / self.policy_hz

    @property
    def gate_period_s(self) -> float:
        """Seconds between two commands."""
        return 1.0 / self.gate_hz

    @property
    def proposal_timeout_s(self) -> float:
        """W: the age of a proposal after which the gate brakes [s]."""
        if self.watchdog.proposal_ms is not None:
            return self.watchdog.proposal_ms / 1e3
        period_s = self.policy_period_s
        # 30 ms at 100 Hz, 60 ms at 50 Hz, 125 ms at 20 Hz: three periods ride out one lost message
        # at fast rates, at slow ones two and a half are long enough to be felt.
        return max(0.030, 2.5 * period_s, min(3.0 * period_s, 0.060))

    @property
    def observation_timeout_s(self) -> float:
        """S: measurement age at which the gate holds [s]: 3 state periods, at least 20 ms."""
        if self.watchdog.observation_ms is not None:
            return self.watchdog.observation_ms / 1e3
        # Schedulers without real-time priority stall for 4-8 ms: below 20 ms the watchdog would
        # cry wolf.
        return max(0.020, 3.0 / self.state_hz)

    def with_rates(
        self, *, policy_hz: float | None = None, gate_hz: float | None = None
    ) -> RobotSpec:
        """Return the same robot driven at other rates."""
        return replace(self, policy_hz=policy_hz or self.policy_hz, gate_hz=gate_hz or self.gate_hz)

    def contract(self) -> dict[str, object]:
        """Return what a policy must agree with: names, order, layout, rate; never the limits."""
        contract: dict[str, object] = {
            "robot": self.name,
            "joints": [[j.name, j.type.value, j.is_actuated] for j in self.joints],
            "action_joints": list(self.action.joints),
            "max_speed": list(self.action.max_speed),
            "smoothing_hz": self.action.smoothing_hz,
            "dead_zone": self.action.dead_zone,
            "obs_terms": list(self.obs_terms),
            "tool_site": self.tool.site if self.tool else None,
            "policy_hz": self.policy_hz,
        }
        if self.action.offset:
            # Only then is home what an action is measured from.
            home = [self.command_joints[i].home for i in self.action_index]
            contract |= {"offset": list(self.action.offset), "offset_from": home}
        return contract

    def contract_hash(self) -> str:
        """Return the sha256 of `contract()`; tightening a limit does not change it."""
        text = json.dumps(self.contract(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
