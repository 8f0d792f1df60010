"""A gate with its clock and a robot that follows every command at once, for tests of the gate."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from rl_agent.clock import ManualClock
from rl_agent.robots.profile import load_robot
from rl_agent.safety.gate import Gate
from rl_agent.safety.state_machine import Event
from rl_agent.spec import ControllerSpec, ControllerType, JointSpec, JointType, WatchdogSpec
from rl_agent.types import Command, Measurement, Proposal, Reason, SafetyState, Source

SAFETY_MD = Path(__file__).parents[2] / "SAFETY.md"


def so101(**changes):
    """The desk arm: T = 10 ms, W = 125 ms, S = 20 ms; v_max 3, a 12, brake 20 on every joint."""
    plain = {"start_ramp_s": 0.0, "watchdog": WatchdogSpec()}
    return replace(load_robot("so101"), **{**plain, **changes})


def rail(**changes):
    """One axis in round numbers: soft limits -1 and 1, v_max 1, a 10, brake 20, T = 10 ms."""
    joint = JointSpec(
        name="rail",
        type=JointType.PRISMATIC,
        lower=-1.1,
        upper=1.1,
        margin=0.1,
        max_velocity=1.0,
        max_acceleration=10.0,
        brake_deceleration=20.0,
    )
    spec = so101()
    return replace(
        spec,
        **{
            "joints": (joint,),
            "action": replace(spec.action, joints=("rail",), max_speed=(1.0,)),
            **changes,
        },
    )


def velocity_rail(timeout_ms=50.0):
    """The rail, driven by a velocity controller."""
    controller = ControllerSpec(
        type=ControllerType.FORWARD_VELOCITY, name="rail_controller", timeout_ms=timeout_ms
    )
    return rail(controller=controller)


class Rig:
    """Feeds a gate with measurements of a robot that is always exactly where it was commanded."""

    def __init__(self, spec, start_s=100.0):
        self.spec = spec
        self.clock = ManualClock(start_s)
        self.gate = Gate(spec, self.clock)
        self.dt = spec.gate_period_s
        self.index = np.array(spec.command_index)
        self.position = spec.home.copy()
        self.velocity = np.zeros(len(spec.joints))
        self.outputs = []

    @property
    def num_commands(self):
        return len(self.spec.command_joints)

    def measure(self, **changes):
        """Give the gate a measurement of now."""
        now_s = self.clock.now()
        values = {"stamp_s": now_s, "received_s": now_s}
        values |= {"position": self.position.copy(), "velocity": self.velocity.copy()}
        self.gate.on_measurement(Measurement(**(values | changes)))

    def propose(self, position=None, velocity=0.0, **changes):
        """Give the gate a proposal made from the newest measurement."""
        now_s = self.clock.now()
        rest = self.position[self.index] if position is None else position
        full = np.ones(self.num_commands)
        command = Command(position=full * rest, velocity=full * velocity)
        values = {"source": Source.POLICY, "command": command, "stamp_s": now_s}
        values |= {"received_s": now_s, "period_s": self.spec.policy_period_s}
        return self.gate.on_proposal(Proposal(**(values | changes)))

    def arm(self):
        """Measure and arm."""
        self.measure()
        is_armed, words = self.gate.arm()
        assert is_armed, words

    def tick(self, count=1, *, measure=True):
        """Tick `count` times, one period apart; return the last output."""
        for _ in range(count):
            self.clock.advance(self.dt)
            if measure:
                self.measure()
            output = self.gate.tick()
            self.outputs.append(output)
            if output.command is not None:
                self.position[self.index] = output.command.position
                self.velocity[self.index] = output.command.velocity
        return output

    def follow(self, position, velocity=0.0, periods=1):
        """Propose the same end point every policy period, and tick in between."""
        for _ in range(periods):
            reason = self.propose(position, velocity)
            assert reason is Reason.NONE, reason
            output = self.tick(round(self.spec.gate_hz / self.spec.policy_hz))
        return output

    def move(self):
        """Arm and get every joint going at the same speed; return that speed."""
        self.arm()
        while not self.outputs or abs(self.outputs[-1].command.velocity[0]) < 0.4:
            self.follow(self.position[self.index] + 0.05, 0.5)
        assert self.gate.state is SafetyState.ARMED
        return float(self.outputs[-1].command.velocity[0])

    def commands(self):
        """(positions, velocities), each (T, num_commands), of all ticks so far."""
        commands = [output.command for output in self.outputs if output.command is not None]
        positions = np.array([command.position for command in commands])
        return positions, np.array([command.velocity for command in commands])


def check_within_limits(spec, positions, velocities, *, start=None, brakes=False):
    """Assert position, velocity and acceleration limits and consistency, by tick sequence.

    Args:
        spec: The robot.
        positions: (T, num_commands) commands of consecutive ticks.
        velocities: (T, num_commands).
        start: (num_commands,) where the robot stood before the first of them.
        brakes: Whether some ticks may have braked, with brake_deceleration.
    """
    joints, dt = spec.command_joints, spec.gate_period_s
    lower = np.array([joint.lower + joint.margin for joint in joints])
    upper = np.array([joint.upper - joint.margin for joint in joints])
    speed = np.array([joint.max_velocity for joint in joints])
    name = "brake_deceleration" if brakes else "max_acceleration"
    acceleration = np.array([getattr(joint, name) for joint in joints])
    assert np.isfinite(positions).all() and np.isfinite(velocities).all()
    assert (positions <= upper + 1e-9).all() and (positions >= lower - 1e-9).all()
    assert (np.abs(velocities) <= speed + 1e-9).all()
    before = np.zeros((1, len(joints)))
    changes = np.diff(np.concatenate([before, velocities]), axis=0)
    assert (np.abs(changes) <= acceleration * dt + 1e-9).all()
    if start is not None:
        positions = np.concatenate([start[None], positions])
        velocities = np.concatenate([before, velocities])
    observed = np.diff(positions, axis=0) / dt
    assert np.abs(observed - velocities[1:]).max() <= 1e-9


def table_in_safety_md():
    """{(state, event): next state} from the first table of SAFETY.md."""
    lines = SAFETY_MD.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    first = next(index for index, row in enumerate(rows) if row[0] == "event")
    states = [SafetyState(name) for name in rows[first][1:]]
    table = {}
    for row in rows[first + 2 : first + 2 + len(Event)]:
        for state, cell in zip(states, row[1:], strict=True):
            table[state, Event(row[0])] = SafetyState(cell)
    return table
