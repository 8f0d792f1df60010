"""The filter: allowed commands pass unchanged, others come out at the nearest allowed one."""

import numpy as np
import pytest
from safety_rig import check_within_limits, rail, so101

from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.types import Command, Reason


def command(position, velocity=0.0):
    return Command(position=np.array([position]), velocity=np.array([velocity]))


def moving(spec, position, velocity):
    """A filter whose last command was `position` with `velocity`."""
    safety_filter = SafetyFilter(spec)
    now = {"position": np.full(len(spec.command_joints), position)}
    speed = np.full(len(spec.command_joints), velocity)
    safety_filter.set_state(now | {"velocity": speed, "previous_velocity": speed})
    return safety_filter


def test_an_allowed_command_passes_unchanged():
    # From 0.5 m/s, 0.0055 m in 10 ms is 0.55 m/s: half the acceleration limit.
    verdict = moving(rail(), 0.2, 0.5).step(command(0.2055, 0.6))
    assert verdict.command.position[0] == pytest.approx(0.2055, abs=1e-15)
    assert verdict.command.velocity[0] == pytest.approx(0.55)
    assert verdict.reasons is Reason.NONE
    assert verdict.shares == {}


def test_acceleration_is_limited_against_the_applied_command():
    # Asked 0.9 m/s, one step above 0.5 is 0.6; the share is what was taken away.
    verdict = moving(rail(), 0.2, 0.5).step(command(0.209, 0.9))
    assert verdict.command.velocity[0] == pytest.approx(0.6)
    assert verdict.command.position[0] == pytest.approx(0.206)
    assert verdict.reasons == Reason.ACCELERATION
    assert verdict.shares == {Reason.ACCELERATION: pytest.approx(0.3)}


def test_velocity_is_limited():
    verdict = moving(rail(), 0.0, 0.95).step(command(0.0104, 1.04))
    assert verdict.command.velocity[0] == 1.0
    assert verdict.shares == {Reason.VELOCITY: pytest.approx(0.04)}


def test_the_start_ramp_has_its_own_reason():
    verdict = moving(rail(), 0.0, 0.05).step(command(0.0012, 0.12), speed_scale=0.1)
    assert verdict.command.velocity[0] == pytest.approx(0.1)
    assert verdict.shares == {Reason.START_RAMP: pytest.approx(0.02)}


def test_position_is_limited_with_room_to_brake():
    # 0.01 before the soft limit 0.3582575 is the most (see test_limits); 0.4 is asked.
    verdict = moving(rail(), 0.99, 0.4).step(command(0.994, 0.4))
    assert verdict.command.velocity[0] == pytest.approx(0.3582575695)
    assert verdict.reasons == Reason.POSITION


def test_where_limits_contradict_position_wins():
    # Moving out at 0.5 just at the limit: no deceleration of 10 m/s2 could keep it inside.
    verdict = moving(rail(), 1.0, 0.5).step(command(1.1, 0.5))
    assert verdict.command.velocity[0] == 0.0
    assert verdict.command.position[0] == 1.0


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999, 1.0, 1.001, 1.1, 3.0])
@pytest.mark.parametrize("kind", ["velocity", "acceleration"])
def test_limits_bite_exactly_from_their_bound_on(kind, share):
    if kind == "velocity":
        safety_filter, asked, bound = moving(rail(), 0.0, 0.98), 1.0 * share, 1.0
        safety_filter = moving(rail(), 0.0, min(asked, 0.98))
    else:
        safety_filter, asked, bound = moving(rail(), 0.0, 0.0), 0.1 * share, 0.1
    verdict = safety_filter.step(command(asked * 0.01, asked))
    assert verdict.command.velocity[0] == pytest.approx(min(asked, bound), abs=1e-12)
    assert bool(verdict.reasons) == (share > 1.0)


def test_the_shares_of_all_joints_add_up_to_the_change():
    spec = so101()
    safety_filter = SafetyFilter(spec)
    safety_filter.reset(np.zeros(6))
    wanted = np.array([0.0005, 0.5, -0.5, 0.0, 2.0, -0.0005])
    verdict = safety_filter.step(Command(wanted, wanted * 0.0))
    change = np.abs(wanted / 0.01 - verdict.command.velocity).sum()
    assert sum(verdict.shares.values()) == pytest.approx(change)
    assert verdict.command.velocity[[0, 5]] == pytest.approx([0.05, -0.05])


def approach(spec, target, ticks):
    """Step towards a set-point that is simply given; return positions and velocities."""
    safety_filter = SafetyFilter(spec)
    safety_filter.reset(np.zeros(len(spec.command_joints)))
    wanted = Command(target, target * 0.0)
    commands = [safety_filter.step(wanted).command for _ in range(ticks)]
    return np.array([c.position for c in commands]), np.array([c.velocity for c in commands])


def test_a_far_set_point_is_approached_without_overshoot_or_oscillation():
    spec = so101()
    target = np.array([0.5, -0.5, 0.002, 0.05, 1.2, 0.3])
    positions, velocities = approach(spec, target, 150)
    check_within_limits(spec, positions, velocities, start=np.zeros(6))
    overshoot = (positions - target) * np.sign(target)
    assert overshoot.max() <= 1e-12
    assert np.abs(positions[-1] - target).max() == pytest.approx(0.0, abs=1e-12)
    assert ((velocities * np.sign(target)) >= 0.0).all()
    # Speeding up once and slowing down once: 0.5 at v_max 3.0 and a 12 takes 0.41 s at best.
    assert np.argmax(np.abs(positions[:, 0] - 0.5) < 1e-3) <= 42


@pytest.mark.parametrize("position", [1.05, -1.05])
def test_from_outside_a_soft_limit_the_way_leads_only_inwards(position):
    spec = rail()
    safety_filter = SafetyFilter(spec)
    safety_filter.reset(np.array([position]))
    outward = np.sign(position)
    for _ in range(20):
        assert safety_filter.step(command(2.0 * position, outward)).command.position[0] == position
    seen = [safety_filter.step(command(0.0)).command for _ in range(100)]
    steps = np.diff([position, *(c.position[0] for c in seen)]) * outward
    assert (steps <= 0.0).all()
    assert np.abs(np.diff([c.velocity[0] for c in seen])).max() <= 0.1 + 1e-9


def adversary(rng, ticks, num):
    """Desired positions and velocities: uniform, steps, chirps, plain huge ones, in turns of 50."""
    time_s = np.arange(ticks)[:, None] * 0.01
    kinds = [
        rng.uniform(-20.0, 20.0, (ticks, num)),
        np.sign(np.sin(2 * np.pi * rng.uniform(0.1, 5.0, num) * time_s)) * 5.0,
        3.0 * np.sin(2 * np.pi * (0.1 + 2.0 * time_s % 25.0) * time_s + np.arange(num)),
        rng.choice([-1e6, 1e6, 0.0, 5e-324, 1.88986], (ticks, num)),
    ]
    turn = rng.integers(0, len(kinds), 1 + ticks // 50).repeat(50)[:ticks]
    positions = np.choose(turn[:, None], kinds)
    return positions, rng.permutation(positions) * 10.0


def run_adversary(spec, ticks, seed, brake_share):
    rng = np.random.default_rng(seed)
    num = len(spec.command_joints)
    desired, rates = adversary(rng, ticks, num)
    is_brake = (rng.random(1 + ticks // 20) < brake_share).repeat(20)[:ticks]
    safety_filter = SafetyFilter(spec)
    start = safety_filter.position
    positions, velocities = np.empty((ticks, num)), np.empty((ticks, num))
    for tick in range(ticks):
        if is_brake[tick]:
            result = safety_filter.brake().command
        else:
            result = safety_filter.step(Command(desired[tick], rates[tick])).command
        positions[tick], velocities[tick] = result.position, result.velocity
    check_within_limits(spec, positions, velocities, start=start, brakes=brake_share > 0.0)
    return velocities, is_brake


def test_no_limit_is_broken_in_a_hundred_thousand_adversarial_ticks():
    velocities, _ = run_adversary(so101(), 100_000, seed=1, brake_share=0.0)
    # It really was driven to its limits, on every joint.
    assert (np.abs(velocities).max(axis=0) == 3.0).all()


def test_no_limit_is_broken_when_braking_interrupts():
    velocities, is_brake = run_adversary(so101(), 20_000, seed=2, brake_share=0.3)
    speed = np.abs(velocities)
    assert (speed[1:] <= speed[:-1] + 1e-12)[is_brake[1:]].all()
    changes = np.abs(np.diff(velocities, axis=0))[~is_brake[1:]]
    assert changes.max() <= 12.0 * 0.01 + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 6))
def test_no_limit_is_broken_in_a_million_adversarial_ticks(seed):
    velocities, _ = run_adversary(so101(), 333_334, seed=seed, brake_share=0.05)
    assert (np.abs(velocities).max(axis=0) == 3.0).all()


def test_a_number_that_is_not_finite_brakes_instead():
    safety_filter = moving(rail(), 0.0, 0.5)
    for bad in (np.nan, np.inf, -np.inf):
        verdict = safety_filter.step(command(bad))
        assert verdict.reasons == Reason.NON_FINITE
        assert np.isfinite(verdict.command.position).all()
    assert verdict.command.velocity[0] == 0.0


def test_anchoring_keeps_the_velocity():
    safety_filter = moving(rail(), 0.0, 0.5)
    safety_filter.anchor(np.array([0.3]))
    assert safety_filter.applied.position[0] == 0.3
    assert safety_filter.applied.velocity[0] == 0.5


def test_commands_handed_out_are_copies():
    safety_filter = moving(rail(), 0.0, 0.5)
    safety_filter.step(command(0.005, 0.5)).command.position[0] = 99.0
    safety_filter.applied.velocity[0] = 99.0
    assert safety_filter.position[0] == pytest.approx(0.005)
    assert safety_filter.velocity[0] == pytest.approx(0.5)
