"""What the gate makes of proposals that are wrong, old, huge or not numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safety_rig import Rig, check_within_limits, so101

from rl_agent.types import Command, Reason, SafetyState, Source

NASTY = [np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 0.0, 1e6, -1e6, 1e7, 2.5, -0.3]


@pytest.fixture
def rig():
    rig = Rig(so101())
    rig.move()
    return rig


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("field", ["position", "velocity"])
@pytest.mark.parametrize("joint", range(6))
def test_a_proposal_that_is_not_finite_stops_and_latches(field, joint, bad):
    rig = Rig(so101())
    speed = rig.move()
    values = {"position": rig.position.copy(), "velocity": np.zeros(6)}
    values[field][joint] = bad
    assert rig.propose(command=Command(**values)) is Reason.NON_FINITE
    output = rig.tick()
    assert output.state is SafetyState.STOPPED
    assert output.reasons == Reason.NON_FINITE
    assert output.command.velocity[0] == pytest.approx(speed - 0.2)
    assert rig.gate.diagnostics()["cause"] == "policy proposed a number that is not finite"
    assert rig.gate.diagnostics()["proposals_refused_non_finite"] == 1


@pytest.mark.parametrize("field", ["stamp_s", "received_s", "period_s"])
def test_times_that_are_not_finite_stop_too(rig, field):
    assert rig.propose(**{field: np.nan}) is Reason.NON_FINITE
    assert rig.gate.state is SafetyState.STOPPED


@pytest.mark.parametrize(
    "position",
    [np.zeros(5), np.zeros(7), np.zeros((6, 1)), np.zeros(0), 0.0, "six numbers", None],
)
def test_five_malformed_proposals_in_a_row_latch(rig, position):
    command = Command(position=position, velocity=np.zeros(6))
    for _ in range(4):
        assert rig.propose(command=command) is Reason.BAD_PROPOSAL
        assert rig.gate.state is SafetyState.ARMED
    rig.propose(command=command)
    assert rig.gate.state is SafetyState.STOPPED
    assert rig.gate.reasons_latched == Reason.BAD_PROPOSAL
    assert rig.gate.diagnostics()["proposals_refused_bad_proposal"] == 5


def test_a_good_proposal_in_between_starts_the_count_anew(rig):
    bad = Command(position=np.zeros(5), velocity=np.zeros(5))
    for _ in range(3):
        for _ in range(4):
            rig.propose(command=bad)
        rig.follow(rig.position)
    assert rig.gate.state is SafetyState.ARMED


def test_a_refusal_is_told_with_the_next_tick(rig):
    rig.propose(command=Command(position=np.zeros(5), velocity=np.zeros(5)))
    assert rig.tick().reasons & Reason.BAD_PROPOSAL
    assert not rig.tick().reasons & Reason.BAD_PROPOSAL


@pytest.mark.parametrize("changes", [{"period_s": 0.0}, {"period_s": -1.0}, {"period_s": 100.0}])
def test_periods_beyond_sense_are_malformed(rig, changes):
    assert rig.propose(**changes) is Reason.BAD_PROPOSAL


@pytest.mark.parametrize("huge", [1e7, -1e7, 1e300, -1e308])
def test_finite_numbers_beyond_sense_are_malformed(rig, huge):
    assert rig.propose(huge) is Reason.BAD_PROPOSAL
    assert rig.propose(0.0, huge) is Reason.BAD_PROPOSAL


def test_a_stamp_that_is_not_newer_is_refused(rig):
    stamp_s = rig.clock.now()
    rig.measure()
    assert rig.propose() is Reason.NONE
    assert rig.propose() is Reason.STALE_PROPOSAL
    assert rig.propose(stamp_s=stamp_s - 0.001) is Reason.STALE_PROPOSAL


def test_a_stamp_far_ahead_of_all_measurements_is_refused(rig):
    # Accepting it would make every later, honest stamp too old.
    assert rig.propose(stamp_s=rig.clock.now() + 3600.0) is Reason.STALE_PROPOSAL
    assert rig.propose() is Reason.NONE


@pytest.mark.parametrize(
    ("age_s", "expected"), [(0.144, Reason.NONE), (0.146, Reason.STALE_PROPOSAL)]
)
def test_the_observation_behind_a_proposal_may_be_w_plus_s_old(rig, age_s, expected):
    # W + S = 125 + 20 ms. A source of its own, so that its earlier stamps play no part.
    stamp_s = rig.clock.now()
    for _ in range(14):
        rig.follow(rig.position) if rig.clock.now() - stamp_s < 0.1 else rig.tick()
        if rig.clock.now() - stamp_s >= 0.14:
            break
    rig.clock.advance(stamp_s + age_s - rig.clock.now())
    assert rig.propose(stamp_s=stamp_s, source=Source.MPC) is expected


def test_a_proposal_that_waited_longer_than_w_is_refused(rig):
    received_s = rig.clock.now()
    rig.tick(13)
    assert rig.propose(received_s=received_s) is Reason.STALE_PROPOSAL


def test_what_a_hanging_policy_had_queued_is_refused(rig):
    # The process hangs 0.4 s; then everything that it computed before comes at once.
    stamps = [rig.clock.now() + 0.01 * index for index in range(1, 6)]
    rig.tick(40)
    resting = rig.outputs[-1].command.position
    assert rig.gate.state is SafetyState.HOLD
    for stamp_s in stamps:
        assert rig.propose(rig.position + 0.5, stamp_s=stamp_s) is Reason.STALE_PROPOSAL
    np.testing.assert_array_equal(rig.tick(3).command.position, resting)


def test_a_proposal_from_the_future_is_not_followed_for_longer(rig):
    rig.propose(velocity=0.4, received_s=rig.clock.now() + 1e6)
    states = [rig.tick().state for _ in range(14)]
    assert states[:12] == [SafetyState.ARMED] * 12
    assert states[12:] == [SafetyState.HOLD] * 2


def test_the_proposals_arrays_are_copied(rig):
    command = Command(position=rig.position.copy(), velocity=np.zeros(6))
    rig.propose(command=command)
    command.position[:] = np.nan
    assert np.isfinite(rig.tick(3).command.position).all()
    assert rig.gate.state is SafetyState.ARMED


def test_nothing_but_finite_numbers_within_limits_leaves_the_gate():
    numbers = st.one_of(
        st.sampled_from(NASTY),
        st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True),
        st.floats(-3.0, 3.0),
    )
    vectors = st.lists(numbers, min_size=6, max_size=6).map(np.array)
    steps = st.lists(st.tuples(vectors, vectors, st.integers(0, 6)), min_size=1, max_size=12)
    periods = st.sampled_from([0.05, 0.02, 0.0333, 1e-300, 5e-324, 2.0, 0.0, np.nan, -0.05])

    @settings(max_examples=120, deadline=None)
    @given(steps, periods)
    def attack(steps, period_s):
        rig = Rig(so101())
        rig.arm()
        for position, velocity, ticks in steps:
            rig.propose(command=Command(position, velocity), period_s=period_s)
            if ticks:
                rig.tick(ticks)
        rig.tick(2)
        positions, velocities = rig.commands()
        stopped = any(output.state is not SafetyState.ARMED for output in rig.outputs)
        check_within_limits(rig.spec, positions, velocities, start=rig.spec.home, brakes=stopped)
        assert np.isfinite([output.stamp_s for output in rig.outputs]).all()

    attack()
    assert len(NASTY) == 12
