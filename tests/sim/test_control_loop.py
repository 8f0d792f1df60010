import numpy as np
import pytest

from rl_agent.types import Command, SafetyState
from sim.control_loop import ControlLoop
from sim.twin import Twin

# At 20 Hz a period is 50 ms: 25 physics steps of 2 ms, 5 ticks of the gate.


def make_loop(spec) -> ControlLoop:
    loop = ControlLoop(spec, Twin(spec))
    loop.reset(spec.home)
    return loop


def nudge(spec, position=0.004, velocity=0.1) -> Command:
    return Command(spec.home + position, np.full_like(spec.home, velocity))


def record_ticks(loop) -> tuple[list[float], list[float]]:
    """Return the times [s] of ticks and of accepted proposals, filled while the loop runs."""
    ticks, proposals = [], []
    tick, on_proposal = loop.gate.tick, loop.gate.on_proposal

    def recorded_tick():
        ticks.append(loop.clock.now())
        return tick()

    def recorded_proposal(proposal):
        proposals.append(proposal.received_s)
        return on_proposal(proposal)

    loop.gate.tick, loop.gate.on_proposal = recorded_tick, recorded_proposal
    return ticks, proposals


@pytest.mark.parametrize(
    ("delay_ms", "first_tick_ms", "arrival_ms"),
    [(0, 0, 0), (4, 4, 4), (5, 6, 6), (14, 4, 14), (64, 4, 64)],
)
def test_action_delay_sets_the_gates_phase(with_delays, delay_ms, first_tick_ms, arrival_ms):
    """The gate ticks when a proposal arrives and every 10 ms from there, before and after."""
    spec = with_delays(action=delay_ms)
    loop = make_loop(spec)
    start_ms = 1e3 * loop.measurement.stamp_s
    ticks, proposals = record_ticks(loop)
    loop.run(nudge(spec))
    loop.run(nudge(spec, 0.008))
    expected = start_ms + first_tick_ms + 10.0 * np.arange(10)
    np.testing.assert_allclose(1e3 * np.array(ticks), expected, atol=1e-6)
    arrivals = start_ms + arrival_ms + np.array([0.0, 50.0])
    np.testing.assert_allclose(
        1e3 * np.array(proposals), arrivals[arrivals < start_ms + 100.0], atol=1e-6
    )


@pytest.mark.parametrize(("delay_ms", "age_ms"), [(0, 0), (4, 4), (5, 6), (50, 50), (64, 64)])
def test_observation_delay_is_the_age_of_the_measurement(with_delays, delay_ms, age_ms):
    spec = with_delays(observation=delay_ms)
    twin = Twin(spec)
    loop = ControlLoop(spec, twin)
    loop.reset(spec.home)
    for _ in range(4):
        loop.run(None)
        assert 1e3 * (twin.time_s - loop.measurement.stamp_s) == pytest.approx(age_ms)
        assert 1e3 * loop.measurement.age_s == pytest.approx(age_ms)


@pytest.mark.parametrize("action_delay_ms", [0, 4])
def test_the_last_command_of_a_period_is_the_proposals_end_point(with_delays, action_delay_ms):
    spec = with_delays(action=action_delay_ms)
    loop = make_loop(spec)
    for _ in range(20):
        loop.run(Command(spec.home, np.zeros(6)))  # past the start ramp
    command = nudge(spec)
    report = loop.run(command)
    assert report.reasons == 0
    assert report.applied_positions.shape == (5, 6)
    np.testing.assert_allclose(report.applied.position, command.position, atol=1e-12)
    # A tick's velocity is the one that leads to its position.
    last_move = report.applied_positions[-1] - report.applied_positions[-2]
    np.testing.assert_allclose(report.applied.velocity, last_move / 0.01, atol=1e-9)


def test_nothing_proposed_holds_the_pose(so101):
    loop = make_loop(so101)
    report = loop.run(None)
    assert report.state is SafetyState.HOLD
    np.testing.assert_allclose(report.applied_positions, np.tile(so101.home, (5, 1)), atol=1e-12)


def test_silence_latches_the_gate(so101):
    loop = make_loop(so101)
    loop.run(nudge(so101))
    states = [loop.run(None).state for _ in range(14)]  # silence_ms is 500
    assert SafetyState.HOLD in states
    assert states[-1] is SafetyState.STOPPED


def test_a_proposal_that_is_not_finite_stops_the_robot(so101):
    loop = make_loop(so101)
    report = loop.run(Command(np.full(6, np.nan), np.zeros(6)))
    assert report.state is SafetyState.STOPPED
    assert np.isfinite(report.applied_positions).all()


def test_a_reset_arms_again(so101):
    loop = make_loop(so101)
    loop.run(Command(np.full(6, np.nan), np.zeros(6)))
    loop.reset(so101.home)
    assert loop.run(nudge(so101)).state is SafetyState.ARMED


def test_a_state_holds_proposals_on_their_way(with_delays):
    spec = with_delays(observation=64, action=64, actuator=20)
    loop, other = make_loop(spec), make_loop(spec)
    loop.run(nudge(spec))
    loop.run(nudge(spec, 0.008))
    other.set_state(loop.get_state())
    reports = [each.run(nudge(spec, 0.012)) for each in (loop, other)]
    np.testing.assert_array_equal(reports[0].applied_positions, reports[1].applied_positions)
    np.testing.assert_array_equal(loop.measurement.position, other.measurement.position)
    assert loop.measurement.stamp_s == other.measurement.stamp_s
