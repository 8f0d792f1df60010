"""Proposals that would hurt, put to the gate in this process: ticks are counted, not timed."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from rl_agent.exceptions import ContractError
from rl_agent.reporting.limit_audit import audit_commands
from rl_agent.robots.profile import available_robots, load_robot
from rl_agent.spec import RobotSpec, SafetySpec, ZoneKind, ZoneSpec
from rl_agent.types import Array, Reason, SafetyState

from .bare_gate import BareGate
from .context import FaultContext
from .outcome import Expectations, Outcome

NOT_FINITE = (np.nan, np.inf, -np.inf)
EXTREMES = (1e308, -1e308, 5e-324, -5e-324)
EXCESS = 10.0
PATTERN_TICKS = 400
TABLE = ZoneSpec(name="table", kind=ZoneKind.HALF_SPACE, keep="in", center_m=(0.0, 0.0, 0.05))
LEAST_H_M = -1e-3


def row_not_finite(context: FaultContext) -> Outcome:
    """Row 6."""
    expectations = Expectations()
    tried = latched = 0
    for robot in available_robots():
        context.say(robot)
        spec = load_robot(robot)
        bare = BareGate(spec)
        places = product(range(len(bare.index)), ("position", "velocity"), NOT_FINITE + EXTREMES)
        for joint, part, value in places:
            bare.arm()
            command = {
                "position": bare.position[bare.index].copy(),
                "velocity": np.zeros(len(bare.index)),
            }
            command[part][joint] = value
            refused = bare.propose(**command)
            outputs = [bare.tick() for _ in range(3)]
            numbers = [o.command for o in outputs if o.command is not None]
            finite = all(np.isfinite([c.position, c.velocity]).all() for c in numbers)
            where = f"{value} in {part} of joint {joint} of {robot}"
            expectations.expect(finite and numbers, f"{where} reached the wire")
            if value in EXTREMES:
                stands = Reason.NON_FINITE not in refused
            else:
                stands = outputs[0].state is SafetyState.STOPPED and bool(refused)
                latched += stands
            expectations.expect(stands, f"{where}: {outputs[0].state}")
            tried += 1
            bare.gate.estop("next")
            bare.tick()
            bare.rest()
        audit = audit_commands(spec, bare.trace())
        expectations.expect(not audit.violations, f"{robot}: {audit.violations} ticks outside")
    return expectations.outcome(f"{tried} proposals, {latched} stopped and latched, 0 on the wire")


def row_limits(context: FaultContext) -> Outcome:
    """Row 9."""
    expectations = Expectations()
    count = context.repeats(10_000, 2_000)
    told = []
    for robot in available_robots():
        context.say(f"{robot}: {count} ticks")
        spec = load_robot(robot)
        bare = BareGate(spec)
        rng = np.random.default_rng(context.seed)
        _attack(bare, rng, count)
        audit = audit_commands(spec, bare.trace())
        expectations.expect(not audit.violations, f"{robot}: {audit.violations} ticks outside")
        told.append(f"{robot} {audit.violations} of {audit.num_ticks}")
    return expectations.outcome(
        f"ticks outside a limit: {', '.join(told)}",
        "in process; on the wire and in full number: benchmark row safety-a",
    )


def _attack(bare: BareGate, rng: np.random.Generator, count: int) -> None:
    """Propose the worst at every policy period: noise, steps and chirps of ten times the limits."""
    spec = bare.spec
    every = max(1, round(spec.gate_hz / spec.policy_hz))
    joints = spec.command_joints
    lower = np.array([max(joint.lower, -np.pi) for joint in joints])
    upper = np.array([min(joint.upper, np.pi) for joint in joints])
    middle, half = 0.5 * (lower + upper), 0.5 * (upper - lower)
    speed = np.array([joint.max_velocity for joint in joints])
    for tick in range(count):
        if bare.gate.state in (SafetyState.UNARMED, SafetyState.STOPPED):
            bare.rest()
            bare.arm()
        if tick % every == 0:
            shape = _shape(tick, len(joints), rng)
            bare.propose(middle + EXCESS * half * shape, EXCESS * speed * shape[::-1])
        bare.tick()


def _shape(tick: int, size: int, rng: np.random.Generator) -> Array:
    pattern = tick // PATTERN_TICKS % 3
    if pattern == 0:
        return rng.uniform(-1.0, 1.0, size)
    if pattern == 1:
        return np.full(size, 1.0 if tick // 30 % 2 else -1.0)
    return np.full(size, np.sin(0.002 * (tick % PATTERN_TICKS) ** 2))


def guarded(spec: RobotSpec) -> RobotSpec:
    """Return the robot with a table below its tool."""
    return replace(spec, safety=SafetySpec(zones=(TABLE,)))


def row_workspace(context: FaultContext) -> Outcome:
    """Row 10."""
    from sim.kinematics import MujocoKinematics

    spec = guarded(load_robot("so101"))
    kinematics = MujocoKinematics(spec)
    bare = BareGate(spec)
    rng = np.random.default_rng(context.seed)
    expectations = Expectations()
    count = context.repeats(200, 30)
    least_m = _push_down(bare, kinematics, rng, count)
    height_m = TABLE.center_m[2]
    expectations.expect(least_m >= LEAST_H_M, f"{1e3 * -least_m:.2f} mm into the table")
    return expectations.outcome(
        f"{count} targets below a table at {height_m:g} m: least distance {1e3 * least_m:.2f} mm",
        "in process, commanded tool; with the twin and 10⁴ targets: benchmark row safety-b",
    )


def _push_down(bare: BareGate, kinematics: object, rng: np.random.Generator, count: int) -> float:
    joints = bare.spec.command_joints
    lower = np.array([joint.lower for joint in joints])
    upper = np.array([joint.upper for joint in joints])
    every = max(1, round(bare.spec.gate_hz / bare.spec.policy_hz))
    least = np.inf
    for _ in range(count):
        target = _below(kinematics, rng, lower, upper)
        for tick in range(8 * every):
            if bare.gate.state in (SafetyState.UNARMED, SafetyState.STOPPED):
                bare.rest()
                bare.arm()
            if tick % every == 0:
                bare.propose(target, np.zeros_like(target))
            bare.tick()
            height = kinematics.commanded_tool_position(bare.position[bare.index])[2]  # type: ignore[attr-defined]
            least = min(least, float(height) - TABLE.center_m[2])
    return least


def _below(kinematics: object, rng: np.random.Generator, lower: Array, upper: Array) -> Array:
    while True:
        joints = rng.uniform(lower, upper)
        if kinematics.commanded_tool_position(joints)[2] < TABLE.center_m[2] - 0.02:  # type: ignore[attr-defined]
            return np.asarray(joints)


def row_no_solution(context: FaultContext) -> Outcome:
    """Row 11: a model that computes NaN, and one that takes far too long."""
    from rl_agent.clock import ManualClock
    from rl_agent.kinematics import Mechanics
    from rl_agent.safety.gate import Gate

    spec = guarded(load_robot("so101"))
    expectations = Expectations()
    size = len(spec.command_joints)

    class Blind:
        """Stands in for kinematics whose numbers went wrong."""

        def tool_motion(self, position: Array) -> tuple[Array, Array]:
            del position
            return np.full(3, np.nan), np.full((3, size), np.nan)

        def commanded_tool_position(self, position: Array) -> Array:
            del position
            return np.full(3, np.nan)

    bare = BareGate(spec)
    bare.gate = Gate(spec, bare.clock, Mechanics(kinematics=Blind()))  # type: ignore[arg-type]
    assert isinstance(bare.clock, ManualClock)
    bare.arm()
    outputs = []
    for tick in range(context.repeats(400, 100)):
        if tick % 5 == 0:
            bare.propose(bare.position[bare.index] + 0.3, np.zeros(size))
        outputs.append(bare.tick())
    commands = [o.command for o in outputs if o.command is not None]
    moved = max(float(np.abs(c.position - spec.home[bare.index]).max()) for c in commands)
    finite = all(np.isfinite(c.position).all() for c in commands)
    expectations.expect(finite, "a number that is not finite came out")
    expectations.expect(moved == 0.0, f"moved by {moved:.3f} rad without a usable model")
    told = any(Reason.BARRIER in o.reasons for o in outputs)
    expectations.expect(told, "the barrier is not named as the reason")
    return expectations.outcome(
        f"model that computes NaN: {len(commands)} commands, all finite, moved {moved:g} rad",
        "contradicting rows and a late solver: tests/safety/test_coupled_limits.py",
    )


def row_contract(context: FaultContext) -> Outcome:
    """Row 8: refused by name when a policy is loaded; dropped, then latched, while it runs."""
    from rl_agent.deploy.contract import check_contract, expected_contract

    del context
    expectations = Expectations()
    spec = load_robot("so101")
    right = expected_contract(spec, None)
    wrong = {**right}
    for key, value in right.items():
        if isinstance(value, list) and len(value) > 1 and all(isinstance(v, str) for v in value):
            wrong[key] = [*value[1:], value[0]]
    words = ""
    try:
        check_contract(right, wrong, "a bundle")
    except ContractError as error:
        words = str(error)
    expectations.expect(spec.command_names[0] in words, "shuffled joints were not refused by name")
    bare = BareGate(spec)
    bare.arm()
    few = np.zeros(len(bare.index) - 1)
    states = []
    for _ in range(5):
        refused = bare.propose(few, few)
        states.append(bare.tick().state)
        expectations.expect(refused is Reason.BAD_PROPOSAL, f"a short action: {refused!r}")
    latched = states[-1] is SafetyState.STOPPED and SafetyState.STOPPED not in states[:-1]
    expectations.expect(latched, f"five short actions in a row: {states}")
    return expectations.outcome(
        f"a bundle with shuffled joints is refused with {words.count('  - ')} named differences;"
        " short actions are dropped, the fifth in a row latches"
    )
