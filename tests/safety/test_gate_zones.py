"""The gate with coupled limits: what it says of itself while its filter brakes."""

import numpy as np
import pytest
from planar_robot import planar_mechanics, planar_spec

from rl_agent.clock import ManualClock
from rl_agent.safety.gate import Gate
from rl_agent.spec import SafetySpec, ZoneKind, ZoneSpec
from rl_agent.types import Command, Measurement, Proposal, Reason, SafetyState, Source

WALL = ZoneSpec(
    name="wall",
    kind=ZoneKind.HALF_SPACE,
    keep="in",
    center_m=(0.25, 0.0, 0.0),
    normal=(-1.0, 0.0, 0.0),
)
START = np.array([0.9, 1.2])


def session(mechanics, periods=40, target=(0.0, 0.0)):
    """Ask an armed gate for a target beyond the wall; return its outputs."""
    spec = planar_spec(safety=SafetySpec(zones=(WALL,), prediction_steps=30))
    clock = ManualClock(1.0)
    gate = Gate(spec, clock, mechanics)
    position, velocity = START.copy(), np.zeros(2)
    outputs = []

    def measure():
        now_s = clock.now()
        gate.on_measurement(Measurement(now_s, position.copy(), velocity.copy(), now_s))

    measure()
    assert gate.arm()[0]
    for tick in range(5 * periods):
        clock.advance(0.01)
        measure()
        if tick % 5 == 0:
            now_s = clock.now()
            command = Command(np.array(target), np.zeros(2))
            gate.on_proposal(Proposal(Source.POLICY, command, now_s, now_s, 0.05))
        output = gate.tick()
        outputs.append(output)
        position, velocity = output.command.position, output.command.velocity
    return outputs


def test_a_gate_that_brakes_for_want_of_another_way_follows_nobody():
    outputs = session(planar_mechanics())
    braking = [o for o in outputs if o.source is None]
    following = [o for o in outputs if o.source is Source.POLICY]
    assert following
    assert all(output.state is SafetyState.ARMED for output in outputs)
    assert all(o.reasons & (Reason.PREDICTION | Reason.BARRIER) for o in braking)


def test_a_saved_gate_goes_on_alike():
    spec = planar_spec(safety=SafetySpec(zones=(WALL,), prediction_steps=30))
    first = Gate(spec, ManualClock(1.0), planar_mechanics())
    first.on_measurement(Measurement(1.0, START.copy(), np.zeros(2), 1.0))
    assert first.arm()[0]
    second = Gate(spec, ManualClock(1.0), planar_mechanics())
    second.set_state(first.get_state())
    assert second.get_state()["filter"]["check"]["row"] == 0
    assert first.tick().command.position == pytest.approx(second.tick().command.position)
