"""The MuJoCo counterpart of one robot: commands in, measurements out, in SI and profile order.

Time is counted in physics steps, so that it never drifts; delays are rounded up to whole steps.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Literal

import mujoco
import numpy as np
from numpy.typing import NDArray

from rl_agent.exceptions import TwinMismatchError
from rl_agent.spec import ControllerType, RobotSpec
from rl_agent.types import Array, Command, Measurement
from sim.check import compare
from sim.floating_base import FloatingBase, floating_joint
from sim.joint_map import Index, map_joints
from sim.kinematics import kinematics_for
from sim.loading import load_model

_STATE = mujoco.mjtState.mjSTATE_INTEGRATION
Mode = Literal["run", "hold", "damp", "torque_off"]
_ALL_GROUPS = (1 << 31) - 1


class Twin:
    """One robot in MuJoCo behind the interface of its driver.

    `apply` hands a command to the servos after `twin.actuator_delay_ms`; `advance` lets time pass.
    """

    def __init__(self, spec: RobotSpec, *, model: mujoco.MjModel | None = None) -> None:
        """Load the model, unless it is given, and compare it with the profile.

        Raises:
            TwinMismatchError: Lists all that the two disagree about.
        """
        self.spec = spec
        self.model = load_model(spec) if model is None else model
        problems = compare(spec, self.model)
        if problems:
            raise TwinMismatchError(str(spec.source), problems)
        self.data = mujoco.MjData(self.model)
        self.dt = float(self.model.opt.timestep)
        """Seconds per physics step."""
        self.kinematics = kinematics_for(spec, model=self.model)
        self._joints = map_joints(spec, self.model)
        joint = floating_joint(self.model)
        self.base = None if joint is None else FloatingBase(self.model, joint)
        """None where the base is fixed to the world."""
        self._obeys_velocity = spec.controller.type is ControllerType.FORWARD_VELOCITY
        self._delay_steps = self.steps_for(spec.twin.actuator_delay_ms / 1e3)
        self._pending: deque[tuple[int, Array]] = deque()
        self._mode: Mode = "run"
        self._damping = self.model.dof_damping.copy()
        self._damped = _damping(spec, self._damping, self._joints.qvel)
        _tighten_efforts(spec, self.model, self._joints.ctrl)
        self.reset()

    @property
    def step_count(self) -> int:
        """Physics steps since the last reset."""
        return self._step_count

    @property
    def time_s(self) -> float:
        """Seconds since the last reset."""
        return self._step_count * self.dt

    def steps_for(self, duration_s: float) -> int:
        """Return the smallest number of physics steps that lasts `duration_s`."""
        return math.ceil(duration_s / self.dt - 1e-6)

    def reset(self, position: Array | None = None) -> Measurement:
        """Put the robot at rest at joint positions (num_joints,), home if none are given.

        One that is not bolted down stands upright, its lowest link just touching the floor.
        """
        start = self.spec.home if position is None else np.asarray(position, dtype=np.float64)
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[self._joints.qpos] = start
        if self.base is not None:
            self.base.put_down(self.data)
        if not self._obeys_velocity:
            self.data.ctrl[self._joints.ctrl] = start[list(self.spec.command_index)]
        self.set_mode("run")
        self._step_count = 0
        self._owed_s = 0.0
        self._pending.clear()
        mujoco.mj_forward(self.model, self.data)
        return self.measure()

    def stand_up(self) -> None:
        """Set a robot that is not bolted down on its feet, where it is, as a person would.

        At rest in its home pose, turned as before about the vertical. Time goes on.
        """
        if self.base is None:
            return
        self.data.qpos[self._joints.qpos] = self.spec.home
        self.data.qvel[:] = 0.0
        self.base.set_upright(self.data)
        self.base.put_down(self.data)
        self._pending.clear()
        if not self._obeys_velocity:
            self.data.ctrl[self._joints.ctrl] = self.spec.home[list(self.spec.command_index)]
        mujoco.mj_forward(self.model, self.data)

    def measure(self) -> Measurement:
        """Return the present joint positions and velocities, and what a floating base reads."""
        return Measurement(
            stamp_s=self.time_s,
            position=self.data.qpos[self._joints.qpos],
            velocity=self.data.qvel[self._joints.qvel],
            received_s=self.time_s,
            effort=self.data.qfrc_actuator[self._joints.qvel],
            imu=None if self.base is None else self.base.imu(self.data),
            base_velocity=None if self.base is None else self.base.velocity(self.data),
        )

    @property
    def is_held(self) -> bool:
        """Whether the servos act at all."""
        return self._mode in ("run", "hold")

    def set_mode(self, mode: Mode) -> None:
        """Do what a driver does on `stop_mode`: let go of the robot, or take it up where it is.

        damp: the motors only brake, with max_effort at max_velocity. torque_off: no force at all.
        """
        was_held, self._mode = self.is_held, mode
        self.model.opt.disableactuator = 0 if self.is_held else _ALL_GROUPS
        self.model.dof_damping[:] = self._damped if mode == "damp" else self._damping
        if self.is_held and not was_held:
            self._pending.clear()
            position = self.data.qpos[self._joints.qpos][list(self.spec.command_index)]
            self.data.ctrl[self._joints.ctrl] = 0.0 if self._obeys_velocity else position

    def apply(self, command: Command) -> None:
        """Hand the servos a new reference; it arrives after the actuator delay."""
        reference = command.velocity if self._obeys_velocity else command.position
        self._pending.append((self._step_count + self._delay_steps, np.array(reference)))

    def advance(self, duration_s: float) -> None:
        """Let `duration_s` pass; what is no whole physics step is owed to the next call."""
        self._owed_s += duration_s
        num_steps = int(self._owed_s / self.dt + 1e-6)
        self._owed_s -= num_steps * self.dt
        self.step(num_steps)

    def step(self, num_steps: int) -> None:
        """Take physics steps, handing over delayed references on their way."""
        end = self._step_count + num_steps
        while self._step_count < end:
            while self._pending and self._pending[0][0] <= self._step_count:
                self.data.ctrl[self._joints.ctrl] = self._pending.popleft()[1]
            until = min(end, self._pending[0][0]) if self._pending else end
            mujoco.mj_step(self.model, self.data, until - self._step_count)
            self._step_count = until

    def tool_position(self) -> Array:
        """Return the tool's present position in the base frame (3,) [m]."""
        if self.kinematics is None:
            raise ValueError(f"{self.spec.name} has no tool")
        return self.kinematics.tool_position(self.data.qpos[self._joints.qpos])

    def render(
        self,
        width: int = 640,
        height: int = 480,
        *,
        goal: Array | None = None,
        camera: str = "overview",
    ) -> NDArray[np.uint8]:
        """Return a picture (height, width, 3), with a marker at `goal` (3,) [m] if given.

        Raises:
            RenderingError: This machine has no off-screen OpenGL; says what to install.
        """
        from sim.rendering import render

        return render(self.model, self.data, width, height, camera=camera, goal=goal)

    def get_state(self) -> dict[str, Any]:
        """Return all that the future depends on, as numbers and arrays."""
        physics = np.empty(mujoco.mj_stateSize(self.model, _STATE))
        mujoco.mj_getState(self.model, self.data, physics, _STATE)
        num_commands = len(self._joints.ctrl)
        return {
            "physics": physics,
            "mode": self._mode,
            "step_count": self._step_count,
            "owed_s": self._owed_s,
            "pending_step": np.array([due for due, _ in self._pending], dtype=np.int64),
            "pending": np.array([r for _, r in self._pending]).reshape(-1, num_commands),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue, bit by bit, where `get_state` was taken."""
        self.set_mode(state["mode"])
        mujoco.mj_setState(self.model, self.data, np.asarray(state["physics"], float), _STATE)
        # Forward fills what a state does not hold (poses for pictures); it moves nothing but the
        # solver's warm start, which is therefore put back.
        mujoco.mj_forward(self.model, self.data)
        mujoco.mj_setState(self.model, self.data, np.asarray(state["physics"], float), _STATE)
        self._step_count = int(state["step_count"])
        self._owed_s = float(state["owed_s"])
        self._pending = deque(
            (int(due), np.array(reference, dtype=np.float64))
            for due, reference in zip(state["pending_step"], state["pending"], strict=True)
        )


def _damping(spec: RobotSpec, free: Array, dofs: Index) -> Array:
    """Return dof_damping (nv,) of a robot whose motors are shorted."""
    damped = free.copy()
    for dof, joint in zip(dofs, spec.joints, strict=True):
        if joint.is_actuated and math.isfinite(joint.max_effort):
            damped[dof] += joint.max_effort / joint.max_velocity
    return damped


def _tighten_efforts(spec: RobotSpec, model: mujoco.MjModel, actuators: Index) -> None:
    """Let no actuator be stronger than the profile says; a twin's muscles must not flatter."""
    for joint, actuator in zip(spec.command_joints, actuators, strict=True):
        if math.isfinite(joint.max_effort):
            model.actuator_forcelimited[actuator] = 1
            model.actuator_forcerange[actuator] = (-joint.max_effort, joint.max_effort)
