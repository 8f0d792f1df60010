"""Two sources that move every joint fast, and a robot that passes from one to the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command, GateOutput, SafetyState, Source

from .obedient_robot import ObedientRobot

SPEED_SHARE = 0.9
"""Of v_max, at the swings' fastest."""
RANGE_SHARE = 0.8
LEAST_SHARE = 0.5
"""Of v_max, on every joint, when the source changes."""
MOST_WAIT_S = 20.0
SETTLE_S = 0.6
"""The human's last proposal is followed for W after it came; a hand-over is over by then [s]."""


@dataclass
class Passing:
    """All that was commanded while the source changed `num_passings` times."""

    spec: RobotSpec
    through_hold: bool = False
    """Whether the gate holds at each change; a filter that looks ahead may then brake as well."""
    num_passings: int = 0
    num_other_way: int = 0
    """Changes after which at least one joint had to turn back."""
    least_share: float = np.inf
    """Of v_max, at any joint's slowest hand-over."""
    positions: list[Array] = field(default_factory=list)
    is_braking: list[bool] = field(default_factory=list)

    def note(self, output: GateOutput) -> None:
        """Note a tick."""
        if output.command is not None:
            self.positions.append(output.command.position.copy())
            is_own_brake = self.through_hold and output.source is None
            self.is_braking.append(is_own_brake or output.state is not SafetyState.ARMED)

    def step_share(self) -> float:
        """Return the largest first difference of the commands, as a share of v_max T."""
        most = np.array([joint.max_velocity for joint in self.spec.command_joints])
        steps = np.abs(np.diff(np.array(self.positions), axis=0))
        return float((steps / (most * self.spec.gate_period_s)).max())

    def bend_share(self, *, braking: bool) -> float:
        """Return the largest second difference, as a share of a_max T² (of the brake's)."""
        name = "brake_deceleration" if braking else "max_acceleration"
        most = np.array([getattr(joint, name) for joint in self.spec.command_joints])
        bends = np.abs(np.diff(np.array(self.positions), n=2, axis=0))
        chosen = np.array(self.is_braking)[2:] == braking
        shares = bends[chosen] / (most * self.spec.gate_period_s**2)
        return float(shares.max()) if shares.size else 0.0


class Swing:
    """Every joint to and fro about the middle of its range, all at their fastest together."""

    def __init__(self, spec: RobotSpec, rng: np.random.Generator) -> None:
        joints = spec.command_joints
        speed = np.array([joint.max_velocity for joint in joints])
        acceleration = np.array([joint.max_acceleration for joint in joints])
        lower = np.array([joint.lower + joint.margin for joint in joints])
        upper = np.array([joint.upper - joint.margin for joint in joints])
        half = 0.5 * (upper - lower)
        # A w = 0.9 v_max must fit into the range, and A w² under the acceleration limit.
        slowest = float((SPEED_SHARE * speed / (RANGE_SHARE * half)).max())
        self._rate = max(slowest, float((acceleration / speed).min()))
        amplitude = np.minimum(SPEED_SHARE * speed, SPEED_SHARE * acceleration / self._rate)
        self._amplitude = amplitude / self._rate * rng.choice([-1.0, 1.0], len(joints))
        self._middle = 0.5 * (lower + upper)
        self._phase = rng.uniform(0.0, 2.0 * np.pi)

    def command(self, time_s: float) -> Command:
        """Return where to be at a time [s]."""
        angle = self._rate * time_s + self._phase
        return Command(
            self._middle + self._amplitude * np.sin(angle),
            self._amplitude * self._rate * np.cos(angle),
        )


class Handover:
    """Passes a robot to and fro between policy and human."""

    def __init__(self, spec: RobotSpec, seed: int, *, through_hold: bool = False) -> None:
        self._rng = np.random.default_rng(seed)
        self._robot = ObedientRobot(spec)
        self._period = round(spec.gate_hz / spec.policy_hz)
        self._through_hold = through_hold
        self._offsets = {Source.POLICY: 0, Source.HUMAN: 0}
        self._swings = {source: Swing(spec, self._rng) for source in self._offsets}
        self._speed = np.array([joint.max_velocity for joint in spec.command_joints])
        self._count = 0
        self.passing = Passing(spec, through_hold)

    def run(self, num_passings: int) -> Passing:
        """Arm, and change the source so often."""
        self._robot.arm()
        source = Source.POLICY
        while self.passing.num_passings < num_passings:
            self._swing_until_fast(source)
            before = np.sign(self._robot.velocity)
            if self._through_hold:
                self._fall_silent()
            source = Source.HUMAN if source is Source.POLICY else Source.POLICY
            self._swings[source] = Swing(self._robot.spec, self._rng)
            self._offsets[source] = int(self._rng.integers(self._period))
            self.passing.num_passings += 1
            self._ticks(source, round(SETTLE_S * self._robot.spec.gate_hz))
            wanted = np.sign(self._swings[source].command(self._robot.clock.now()).velocity)
            self.passing.num_other_way += bool((wanted != before).any())
        return self.passing

    def _swing_until_fast(self, source: Source) -> None:
        """Follow a source until every joint is fast, at a moment of no preference."""
        self._ticks(source, int(self._rng.integers(1, 60)))
        for _ in range(round(MOST_WAIT_S * self._robot.spec.gate_hz)):
            share = float((np.abs(self._robot.velocity) / self._speed).min())
            if share >= LEAST_SHARE and self._rng.random() < 0.2:
                self.passing.least_share = min(self.passing.least_share, share)
                return
            self._ticks(source, 1)
        raise RuntimeError(f"{self._robot.spec.name} did not reach half its speed on every joint")

    def _ticks(self, source: Source, count: int) -> None:
        for _ in range(count):
            now_s = self._robot.clock.now()
            # The policy never stops asking; while a human asks too, the gate follows the human.
            for asking in {Source.POLICY, source}:
                if (self._count + self._offsets[asking]) % self._period == 0:
                    ahead_s = now_s + self._robot.spec.policy_period_s
                    self._robot.propose(asking, self._swings[asking].command(ahead_s))
            self._count += 1
            self.passing.note(self._robot.tick())

    def _fall_silent(self) -> None:
        timeout_s = self._robot.spec.proposal_timeout_s
        for _ in range(round(timeout_s * self._robot.spec.gate_hz) + int(self._rng.integers(2, 9))):
            self._count += 1
            self.passing.note(self._robot.tick())
