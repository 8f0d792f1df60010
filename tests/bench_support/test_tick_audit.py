"""The auditor in process, on commands made by hand. The rail's so101: v_max 3, a 12, b 20."""

import numpy as np
import pytest
from bench import tick_audit
from bench.tick_audit import TickAudit

from rl_agent.robots.profile import load_robot
from rl_agent.types import Command, GateOutput, Measurement, Reason, SafetyState, Source

SPEC, CART = load_robot("so101"), load_robot("cartpole")
DT = SPEC.gate_period_s


def audit(spec, velocities, *, start=0.0, state=SafetyState.ARMED, source=Source.POLICY):
    """Audit a motion of the first command joint with these velocities."""
    auditor = TickAudit(spec)
    feed(auditor, spec, velocities, start=start, state=state, source=source)
    return auditor.finish()


def feed(
    auditor, spec, velocities, *, first=0, start=0.0, state=SafetyState.ARMED, source=Source.POLICY
):
    position = spec.home[list(spec.command_index)].copy()
    position[0] = start
    resting = Measurement(0.0, spec.home.copy(), np.zeros(len(spec.joints)))
    for index, speed in enumerate(velocities):
        velocity = np.zeros(len(position))
        velocity[0] = speed
        position = position + velocity * DT
        command = Command(position, velocity)
        output = GateOutput(first + index, state, command, source, Reason.NONE, {}, 0.0)
        auditor.note(output, resting)


SMOOTH = [0.0, 0.12, 0.24, 0.36, 0.24, 0.12, 0.0]


@pytest.mark.parametrize("spec", [SPEC, CART], ids=lambda spec: spec.name)
def test_a_smooth_motion_is_within_all_limits(spec):
    scale = spec.command_joints[0].max_acceleration / 12.0
    found = audit(spec, [scale * speed for speed in SMOOTH])
    assert found.counts["ticks"] == 7
    names = ("position", "velocity", "acceleration", "velocity_field", "not_finite")
    assert [found.counts[name] for name in names] == [0, 0, 0, 0, 0]
    assert found.shares["acceleration"] == pytest.approx(1.0)


@pytest.mark.parametrize("spec", [SPEC, CART], ids=lambda spec: spec.name)
def test_too_fast_and_too_hard_are_counted(spec):
    fast = [spec.command_joints[0].max_velocity + 1e-6] * 4
    assert audit(spec, fast).counts["velocity"] >= 3
    hard = [0.0, 0.0, spec.command_joints[0].max_acceleration * DT + 1e-6, 0.1, 0.1]
    assert audit(spec, hard).counts["acceleration"] >= 1


@pytest.mark.parametrize("spec", [SPEC, CART], ids=lambda spec: spec.name)
def test_braking_may_use_its_own_deceleration(spec):
    step = spec.command_joints[0].brake_deceleration * DT
    slowing = [3 * step, 2 * step, step, 0.0]
    assert audit(spec, slowing, state=SafetyState.HOLD).counts["acceleration"] == 0
    assert audit(spec, slowing, source=None).counts["acceleration"] == 0
    assert audit(spec, slowing).counts["acceleration"] > 0


def test_beyond_a_soft_limit_is_a_violation():
    assert audit(SPEC, [0.0, 0.12, 0.12], start=1.8888).counts["position"] == 2


def test_after_arming_outside_only_the_way_back_is_allowed():
    for velocities, expected in (([0.0, -0.1, -0.2], 0), ([0.0, 0.01, 0.01], 2)):
        auditor = TickAudit(SPEC)
        auditor.note_arming()
        feed(auditor, SPEC, velocities, start=1.9)  # soft 1.88986, hard 1.91986
        found = auditor.finish()
        assert found.counts["began_outside"] == 1
        assert found.counts["position"] == expected


def test_a_jump_at_an_arming_is_a_beginning():
    auditor = TickAudit(SPEC)
    feed(auditor, SPEC, [0.0] * 4)
    auditor.note_arming()
    feed(auditor, SPEC, [0.0] * 4, first=4, start=0.5)
    assert auditor.finish().counts["velocity"] == 0
    auditor = TickAudit(SPEC)
    feed(auditor, SPEC, [0.0] * 4)
    feed(auditor, SPEC, [0.0] * 4, first=4, start=0.5)
    assert auditor.finish().counts["velocity"] == 1


def test_numbers_that_are_none_are_counted():
    assert audit(CART, [0.0, np.nan, 0.0]).counts["not_finite"] == 2


def test_a_velocity_that_is_not_the_motions_is_counted():
    auditor = TickAudit(SPEC)
    feed(auditor, SPEC, [0.0, 0.0])
    rest = SPEC.home[list(SPEC.command_index)].copy()
    rest[0] = 0.0
    lying = Command(rest, np.full(6, 1e-3))
    output = GateOutput(2, SafetyState.ARMED, lying, Source.POLICY, Reason.NONE, {}, 0.0)
    auditor.note(output, Measurement(0.0, SPEC.home, np.zeros(6)))
    assert auditor.finish().counts["velocity_field"] == 1


def test_chunks_change_no_count(monkeypatch):
    rng = np.random.default_rng(0)
    wild = rng.uniform(-0.5, 0.5, 200)
    whole = audit(CART, wild)
    monkeypatch.setattr(tick_audit, "CHUNK", 17)
    parts = audit(CART, wild)
    assert parts.counts["ticks"] == whole.counts["ticks"] == 200
    assert parts.shares == pytest.approx(whole.shares)


def test_the_twins_worst_is_kept():
    auditor = TickAudit(SPEC)
    away, fast = SPEC.home.copy(), np.zeros(6)
    away[0], fast[1] = 1.92986, -4.5
    output = GateOutput(0, SafetyState.UNARMED, None, None, Reason.NONE, {}, 0.0)
    auditor.note(output, Measurement(0.0, away, fast))
    shares = auditor.finish().shares
    assert shares["twin_beyond"] == pytest.approx(0.01)
    assert shares["twin_speed"] == pytest.approx(1.5)
