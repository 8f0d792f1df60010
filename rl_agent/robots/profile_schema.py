"""What may stand in a profile's YAML: types and ranges, by pydantic. `profile.py` reads it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from rl_agent.spec import ControllerType, JointType, StopMode, ZoneKind

from .signing_key import normalize_key


def _name(value: str) -> str:
    if not value.replace("_", "").replace("/", "").isalnum():
        raise ValueError(f"expected letters, digits and underscores, got {value!r}")
    return value


Name = Annotated[str, AfterValidator(_name)]
SigningKey = Annotated[str, AfterValidator(normalize_key)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class VelocityCurveModel(_Model):
    """Speed towards a joint's ends."""

    lower: Finite
    upper: Finite
    slope: Positive
    offset: NonNegative = 0.0


class JointModel(_Model):
    """One joint."""

    name: Name
    type: JointType
    is_actuated: bool = True
    sign: Literal[1, -1] = 1
    scale: Positive = 1.0
    offset_rad: Finite = 0.0
    lower: Finite | None = None
    upper: Finite | None = None
    margin: NonNegative = 0.0
    max_velocity: Positive
    max_acceleration: Positive
    brake_deceleration: Positive
    max_jerk: Positive | None = None
    max_effort: Positive | None = None
    velocity_curve: VelocityCurveModel | None = None
    max_following_error: Positive | None = None
    home: Finite = 0.0


class ControllerModel(_Model):
    """Who receives commands."""

    type: ControllerType
    name: Name
    timeout_ms: Positive | None = None


class ActionModel(_Model):
    """What the policy moves."""

    joints: list[Name] = Field(min_length=1)
    max_speed: list[Positive] = Field(min_length=1)
    offset: list[Positive] = []
    smoothing_hz: Positive = 3.0
    dead_zone: Annotated[float, Field(ge=0.0, le=0.5)] = 0.0


class ObservationModel(_Model):
    """What the policy sees."""

    terms: list[str] = Field(min_length=1)
    history: Annotated[int, Field(ge=1, le=20)] = 3


class WatchdogModel(_Model):
    """Times."""

    proposal_ms: Positive | None = None
    observation_ms: Positive | None = None
    silence_ms: Positive = 500.0


class WorkspaceModel(_Model):
    """Where targets lie."""

    pan_axis_m: tuple[Finite, Finite] = (0.0, 0.0)
    pan_rad: Positive
    radius_m: tuple[NonNegative, Positive]
    height_m: tuple[Finite, Finite]
    shoulder_m: tuple[Finite, Finite]
    reach_m: Positive


class ToolModel(_Model):
    """The tool."""

    site: str
    base_frame: str = "base_link"
    workspace: WorkspaceModel | None = None


class TwinModel(_Model):
    """The MuJoCo counterpart."""

    mjcf: str
    physics_hz: Positive = 500.0
    observation_delay_ms: NonNegative = 5.0
    action_delay_ms: NonNegative = 5.0
    actuator_delay_ms: NonNegative = 0.0
    acknowledged_loosening: str | None = None


class ZoneModel(_Model):
    """A shape that the tool keeps in or out of."""

    name: Name
    kind: ZoneKind
    keep: Literal["in", "out"]
    center_m: tuple[Finite, Finite, Finite] = (0.0, 0.0, 0.0)
    half_size_m: tuple[Positive, Positive, Positive] | None = None
    radius_m: Positive | None = None
    normal: tuple[Finite, Finite, Finite] | None = None

    @model_validator(mode="after")
    def _has_its_size(self) -> ZoneModel:
        needed = {"box": "half_size_m", "sphere": "radius_m", "half_space": "normal"}[self.kind]
        given = [name for name in ("half_size_m", "radius_m", "normal") if getattr(self, name)]
        if given != [needed]:
            found = ", ".join(given) or "none of them"
            raise ValueError(f"a {self.kind} needs {needed} and nothing else, got {found}")
        if self.normal is not None and not 0.99 < sum(x * x for x in self.normal) < 1.01:
            raise ValueError(f"normal must have length 1, got {self.normal}")
        return self


class PairModel(_Model):
    """Two geoms that keep a distance."""

    geoms: tuple[str, str]
    distance_m: NonNegative


class HealthModel(_Model):
    """Motors and battery."""

    max_temperature_c: Finite | None = None
    max_current_a: Positive | None = None
    min_battery_v: Positive | None = None


class SafetyModel(_Model):
    """What the gate watches beyond single joints."""

    zones: list[ZoneModel] = Field(default=[], max_length=32)
    zone_margin_m: NonNegative = 0.005
    pairs: list[PairModel] = Field(default=[], max_length=32)
    limit_effort: bool = False
    max_power_w: Positive | None = None
    prediction_steps: Annotated[int, Field(ge=0, le=50)] = 0
    following_ms: Positive = 100.0
    gives_way: bool = False
    max_missed_ticks: Annotated[int, Field(ge=2, le=1000)] = 10
    max_tilt_rad: Annotated[float, Field(gt=0.0, le=3.1416)] | None = None
    max_contact: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    presence_ms: Positive | None = None
    estop_button: Annotated[int, Field(ge=0, le=63)] | None = None
    health: HealthModel = HealthModel()


class ProfileModel(_Model):
    """The whole file."""

    schema_version: int
    name: Name
    description: str = ""
    joints: list[JointModel] = Field(min_length=1)
    policy_hz: Annotated[float, Field(ge=1.0, le=200.0)]
    gate_hz: Annotated[float, Field(ge=50.0, le=1000.0)]
    state_hz: Annotated[float, Field(ge=10.0, le=2000.0)]
    start_ramp_s: NonNegative = 1.0
    stop_mode: StopMode = StopMode.HOLD
    controller: ControllerModel
    action: ActionModel
    observation: ObservationModel
    watchdog: WatchdogModel = WatchdogModel()
    tool: ToolModel | None = None
    safety: SafetyModel = SafetyModel()
    signing_key: SigningKey | None = None
    joint_limits: dict[str, dict[str, Any]] | str | None = None
    twin: TwinModel
