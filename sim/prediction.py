"""What commands lead to, by a planning model: the profile's MJCF without contacts, in large steps.

One physics step lasts one gate period; all steps run in one call of MuJoCo's rollout, and tool and
distances come back as sensor readings, so that nothing is computed per step in Python.
"""

from __future__ import annotations

import mujoco
import numpy as np
from mujoco import rollout

from rl_agent.exceptions import Problem, TwinMismatchError
from rl_agent.kinematics import Rollout
from rl_agent.spec import RobotSpec, select
from rl_agent.types import Array
from sim.clearances import CUTOFF_M, pair_geoms
from sim.joint_map import map_joints
from sim.loading import find_mjcf, load_model

_STATE = mujoco.mjtState.mjSTATE_FULLPHYSICS


class MujocoPredictor:
    """`BrakePredictor` of one robot, on scratch memory of its own; not thread-safe."""

    def __init__(self, spec: RobotSpec) -> None:
        """Make the planning model.

        Raises:
            TwinMismatchError: The MJCF lacks a geom or site that the profile names.
        """
        pair_geoms(spec, load_model(spec))
        self.model = planning_model(spec)
        """Steps by one gate period."""
        self._data = mujoco.MjData(self.model)
        self._rollout = rollout.Rollout(nthread=0)  # on the caller's thread
        self._joints = map_joints(spec, self.model)
        self._has_tool = spec.tool is not None
        mujoco.mj_resetData(self.model, self._data)
        self._data.qpos[self._joints.qpos] = spec.home
        self._home_state = np.empty(mujoco.mj_stateSize(self.model, _STATE))
        mujoco.mj_getState(self.model, self._data, self._home_state, _STATE)
        # A full physics state is time, qpos, qvel, act; the robots of ours have no act.
        qpos, qvel = 1 + self._joints.qpos, 1 + self.model.nq + self._joints.qvel
        commanded = list(spec.command_index)
        self._qpos, self._ctrl = select(qpos), select(self._joints.ctrl)
        self._commanded_qpos, self._commanded_qvel = (
            select(qpos[commanded]),
            select(qvel[commanded]),
        )
        self._buffers: dict[int, tuple[Array, Array, Array]] = {}

    def state_at(self, position: Array, velocity: Array) -> Array:
        """Return the state at commanded joints; passive joints are at home."""
        state = self._home_state.copy()
        state[self._commanded_qpos] = position
        state[self._commanded_qvel] = velocity
        return state

    def predict(self, state: Array, commands: Array) -> Rollout:
        """Return what follows; see `BrakePredictor`."""
        control, states, sensors = self._memory(len(commands))
        control[0][:, self._ctrl] = commands
        self._rollout.rollout(
            [self.model],
            [self._data],
            state[None],
            control,
            state=states,
            sensordata=sensors,
            skip_checks=True,
            nstep=len(commands),
        )
        split = 3 if self._has_tool else 0
        # MuJoCo reads its sensors before it steps: their first row is the start, and so is ours.
        joints = np.concatenate([state[None, self._qpos], states[0][:-1, self._qpos]])
        return Rollout(joints, sensors[0][:, :split], sensors[0][:, split:], states[0])

    def _memory(self, steps: int) -> tuple[Array, Array, Array]:
        if steps not in self._buffers:
            sizes = (self.model.nu, len(self._home_state), self.model.nsensordata)
            control, state, sensors = (np.zeros((1, steps, size)) for size in sizes)
            self._buffers[steps] = (control, state, sensors)
        return self._buffers[steps]


def planning_model(spec: RobotSpec) -> mujoco.MjModel:
    """Return the MJCF for free motion: no contacts, sensors for the tool and the pairs alone.

    Raises:
        TwinMismatchError: MuJoCo does not accept it.
    """
    path = find_mjcf(spec)
    try:
        edited = mujoco.MjSpec.from_file(str(path))
        for sensor in list(edited.sensors):
            edited.delete(sensor)
        edited.option.timestep = spec.gate_period_s
        edited.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
        _add_sensors(edited, spec)
        return edited.compile()
    except ValueError as error:
        reason = " ".join(str(error).split())
        problem = Problem("twin.mjcf", f"no planning model can be made of {path}: {reason}")
        raise TwinMismatchError(str(spec.source), [problem]) from error


def _add_sensors(edited: mujoco.MjSpec, spec: RobotSpec) -> None:
    if spec.tool is not None:
        edited.add_sensor(
            name="planned_tool",
            type=mujoco.mjtSensor.mjSENS_FRAMEPOS,
            objtype=mujoco.mjtObj.mjOBJ_SITE,
            objname=spec.tool.site,
            reftype=mujoco.mjtObj.mjOBJ_XBODY,
            refname=spec.tool.base_frame,
        )
    for pair in spec.safety.pairs:
        edited.add_sensor(
            type=mujoco.mjtSensor.mjSENS_GEOMDIST,
            objtype=mujoco.mjtObj.mjOBJ_GEOM,
            objname=pair.geoms[0],
            reftype=mujoco.mjtObj.mjOBJ_GEOM,
            refname=pair.geoms[1],
            cutoff=CUTOFF_M,
        )
