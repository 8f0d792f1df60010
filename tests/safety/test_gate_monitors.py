"""What monitors see, and what the gate does about it. so101 in the rig: T = 10 ms."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safety_rig import Rig, so101, velocity_rail

from rl_agent.safety.gate import Gate
from rl_agent.safety.monitors import make_monitors, watches_following
from rl_agent.safety.signals import Company, HealthReading, Heartbeat, ImuReading
from rl_agent.safety.tilt_monitor import TiltMonitor
from rl_agent.spec import HealthSpec, SafetySpec
from rl_agent.types import Reason, SafetyState

UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])


def watched(**safety):
    return Rig(so101(safety=SafetySpec(**safety)))


def cause(rig):
    return str(rig.gate.diagnostics()["cause"])


def refusal(rig):
    rig.measure()
    is_armed, words = rig.gate.arm()
    assert not is_armed
    return words


def go(rig, ticks=1, every_tick=lambda: None, **measured):
    """Keep proposing and measuring; `measured` lies about the robot."""
    for n in range(ticks):
        rig.clock.advance(rig.dt)
        every_tick()
        rig.measure(**measured)
        if n % 5 == 0:
            rig.propose(rig.position + 0.02, 0.4)
        output = rig.gate.tick()
        rig.outputs.append(output)
        if output.command is not None:
            rig.position, rig.velocity = output.command.position, output.command.velocity
    return output


def stray(rig, offset):
    """Tick once while the robot is somewhere else than it was commanded to be."""
    rig.clock.advance(rig.dt)
    rig.measure(position=rig.position + offset)
    rig.propose(rig.position + 0.001, 0.02)
    output = rig.gate.tick()
    rig.outputs.append(output)
    rig.position, rig.velocity = output.command.position, output.command.velocity
    return output


def blocked(rig, ticks, place):
    """Go on while joint 3 stays at `place` whatever is commanded; return the outputs."""
    outputs = []
    for n in range(ticks):
        rig.clock.advance(rig.dt)
        position = rig.position.copy()
        # The blocked joint stands, but for its encoder's last digit.
        position[3] = place + 1e-4 * (n % 2)
        rig.measure(position=position, velocity=np.zeros(6))
        rig.propose(rig.position, 0.0)
        output = rig.gate.tick()
        outputs.append(output)
        rig.position, rig.velocity = output.command.position, output.command.velocity
    return outputs


@pytest.mark.parametrize("gives_way", [True, False])
def test_a_joint_that_presses_against_something_lets_go_where_the_profile_says_so(gives_way):
    rig = watched(gives_way=gives_way)
    rig.arm()
    offset = np.zeros(6)
    offset[3] = 0.4
    for n in range(101):
        stray(rig, offset * min(1.0, (n + 1) / 100))
    assert rig.gate.state is SafetyState.HOLD
    begin, place = rig.position[3], rig.position[3] + 0.4
    outputs = blocked(rig, 200, place)
    if not gives_way:
        assert rig.gate.state is SafetyState.HOLD
        assert rig.position[3] == pytest.approx(begin, abs=0.01)
        return
    # 0.4 - 0.3 * 0.35 = 0.295 rad at a tenth of 3 rad/s: about a second, and never faster.
    states = [output.state for output in outputs]
    assert 80 <= states.index(SafetyState.ARMED) <= 140
    assert max(abs(output.command.velocity[3]) for output in outputs) <= 0.3 + 1e-9
    assert place - 0.3 * 0.35 <= rig.position[3] + 0.01 <= place + 0.02


def test_readings_that_go_on_lying_lead_a_robot_that_gives_way_no_further_than_once():
    rig = watched(gives_way=True)
    rig.arm()
    offset = np.zeros(6)
    offset[3] = 0.4
    for n in range(101):
        stray(rig, offset * min(1.0, (n + 1) / 100))
    assert rig.gate.state is SafetyState.HOLD
    place = rig.position[3] + 0.4
    for _ in range(500):
        stray(rig, offset)  # always 0.4 away from where it was commanded to be
    assert rig.gate.state is SafetyState.HOLD
    assert rig.position[3] <= place + 1e-6


def test_a_joint_that_does_not_follow_holds_after_following_ms():
    rig = watched()
    rig.arm()
    offset = np.zeros(6)
    offset[3] = 0.4  # 0.35 may be
    states = []
    for n in range(110):
        # It strays slowly enough to be plausible.
        states.append(stray(rig, offset * min(1.0, (n + 1) / 100)).state)
    # Beyond 0.35 from the 88th tick on, less one tick's command; 100 ms later it holds.
    assert states.index(SafetyState.HOLD) == pytest.approx(97, abs=2)
    assert rig.outputs[-1].reasons == Reason.FOLLOWING_ERROR
    assert "wrist_flex is 0.3" in cause(rig)
    assert "from its command, more than the 0.35 allowed" in cause(rig)
    for n in range(100):
        stray(rig, offset * (1.0 - (n + 1) / 100))
    assert rig.gate.state is SafetyState.ARMED


def test_a_short_following_error_is_no_reason():
    rig = watched(following_ms=200.0)
    rig.arm()
    for n in range(77):
        stray(rig, np.full(6, 0.006 * n))  # beyond 0.35 for 18 ticks
    assert rig.gate.state is SafetyState.ARMED


def test_velocity_control_has_no_following_error():
    assert watches_following(so101())
    rail = velocity_rail()
    joints = (replace(rail.joints[0], max_following_error=0.1),)
    assert not watches_following(replace(rail, joints=joints))


@pytest.mark.parametrize(("late", "is_stopped"), [(9, False), (10, True)])
def test_ten_late_ticks_in_a_row_stop(late, is_stopped):
    rig = watched()
    rig.move()
    for _ in range(late):
        rig.clock.advance(0.006)  # 16 ms instead of 10 are late, 50 would be a stall
        go(rig)
    assert (rig.gate.state is SafetyState.STOPPED) == is_stopped
    if is_stopped:
        assert rig.gate.reasons_latched == Reason.DEADLINE
        assert "10 ticks in a row came late" in cause(rig)


def test_ticks_in_time_start_the_count_anew():
    rig = watched()
    rig.move()
    for n in range(40):
        rig.clock.advance(0.006 if n % 9 else 0.0)
        go(rig)
    assert rig.gate.state is SafetyState.ARMED


def turned(angle_rad, axis=(0.0, 1.0, 0.0)):
    return np.array([np.cos(angle_rad / 2), *(np.sin(angle_rad / 2) * np.array(axis))])


def feel(rig, quat):
    rig.gate.on_signal(ImuReading(quat, rig.clock.now()))


def test_a_fall_stops_and_latches():
    rig = watched(max_tilt_rad=0.8)
    feel(rig, UPRIGHT)
    rig.arm()
    assert go(rig, 20, lambda: feel(rig, turned(0.79))).state is SafetyState.ARMED
    output = go(rig, 1, lambda: feel(rig, turned(0.81)))
    assert output.state is SafetyState.STOPPED
    assert output.reasons == Reason.FALL
    assert cause(rig) == "the robot leans by 0.810 rad (46 degrees), more than the 0.8 allowed"
    go(rig, 30)
    assert rig.gate.reset()[0]
    feel(rig, turned(0.81))
    assert "put it upright" in refusal(rig)


def test_yaw_is_no_tilt():
    rig = watched(max_tilt_rad=0.3)
    feel(rig, turned(3.0, (0.0, 0.0, 1.0)))
    rig.arm()
    assert rig.gate.state is SafetyState.ARMED


@given(st.floats(-1.57, 1.57), st.floats(-1.57, 1.57), st.floats(-3.0, 3.0))
def test_no_roll_or_pitch_exceeds_the_tilt(roll, pitch, yaw):
    def product(a, b):
        w, v = a[0] * b[0] - a[1:] @ b[1:], a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])
        return np.array([w, *v])

    x, y, z = np.eye(3)
    quat = product(product(turned(yaw, z), turned(pitch, y)), turned(roll, x))
    monitor = TiltMonitor(3.1)
    monitor.hear(ImuReading(quat, 1.0))
    assert monitor.get_state()["tilt_rad"] >= max(abs(roll), abs(pitch)) - 1e-6


def test_an_imu_that_falls_silent_or_sends_nonsense_holds():
    rig = watched(max_tilt_rad=0.8)
    assert "no orientation arrives on imu" in refusal(rig)
    feel(rig, UPRIGHT)
    rig.arm()
    go(rig, 5, lambda: feel(rig, UPRIGHT))
    for nonsense in (np.zeros(4), np.full(4, np.nan), np.ones(3)):
        go(rig, 5, lambda nonsense=nonsense: feel(rig, nonsense))
    assert rig.gate.state is SafetyState.HOLD
    assert rig.outputs[-1].reasons == Reason.STALE_OBSERVATION
    go(rig, 1, lambda: feel(rig, UPRIGHT))
    assert rig.gate.state is SafetyState.ARMED


def test_a_contact_that_lasts_stops():
    rig = watched(max_contact=0.5)
    assert "has no efforts" in refusal(rig)
    effort = np.zeros(6)
    rig.measure(stamp_s=rig.clock.now() + 1e-3, effort=effort)
    rig.clock.advance(0.002)
    assert rig.gate.arm()[0]
    go(rig, 10, effort=effort)
    # 0.5 * 2.94 = 1.47 N m; two readings of 10 ms are a peak, four are a contact.
    effort[1] = -1.48
    assert go(rig, 3, effort=effort).state is SafetyState.ARMED
    assert go(rig, 1, effort=effort).state is SafetyState.STOPPED
    assert rig.gate.reasons_latched == Reason.CONTACT
    assert cause(rig).startswith("shoulder_lift needs an effort of 1.48, more than 1.47")


def test_efforts_that_are_not_finite_are_none():
    rig = watched(max_contact=0.5)
    rig.measure(effort=np.full(6, np.nan))
    assert "has no efforts" in rig.gate.arm()[1]


HEALTH = HealthSpec(max_temperature_c=65.0, max_current_a=2.0, min_battery_v=10.5)


def report(rig, **values):
    for quantity, value in values.items():
        rig.gate.on_signal(HealthReading(quantity, "elbow", value, rig.clock.now()))


def test_health_must_be_reported_before_arming():
    rig = watched(health=HEALTH)
    assert "no temperature was reported" in refusal(rig)
    report(rig, temperature=30.0)
    assert "no current was reported" in refusal(rig)
    report(rig, current=0.1, battery=12.0)
    rig.arm()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"temperature": 65.5}, "temperature of elbow is 65.5 C, more than the 65 C allowed"),
        ({"current": 2.1}, "current of elbow is 2.1 A, more than the 2 A allowed"),
        ({"battery": 10.4}, "battery of elbow is 10.4 V, less than the 10.5 V allowed"),
    ],
)
def test_bad_health_stops_with_the_cause(bad, words):
    rig = watched(health=HEALTH)
    report(rig, temperature=65.0, current=2.0, battery=10.5)
    rig.arm()
    go(rig, 5)
    report(rig, **bad)
    assert go(rig).state is SafetyState.STOPPED
    assert rig.gate.reasons_latched == Reason.HEALTH
    assert cause(rig) == words
    go(rig, 30)
    assert rig.gate.reset()[0]
    assert words in refusal(rig)


def test_health_that_is_not_reported_any_more_holds():
    rig = watched(health=HEALTH)
    report(rig, temperature=30.0, current=1.0, battery=12.0)
    rig.arm()
    go(rig, 505, lambda: report(rig, temperature=np.nan, current=1.0, battery=12.0))
    assert rig.gate.state is SafetyState.HOLD
    assert rig.outputs[-1].reasons == Reason.HEALTH


def test_many_names_of_motors_fill_no_memory():
    rig = watched(health=HEALTH)
    for n in range(1000):
        rig.gate.on_signal(HealthReading("temperature", f"motor{n}", 99.0, rig.clock.now()))
    assert len(json.dumps(rig.gate.get_state()["supervision"], default=str)) < 20_000


def test_nobody_there_holds_and_is_not_armed():
    rig = watched(presence_ms=300.0)
    assert "no operator was heard on presence within 300 ms" in refusal(rig)
    rig.gate.on_signal(Heartbeat(rig.clock.now()))
    rig.arm()
    assert go(rig, 30).state is SafetyState.ARMED
    output = go(rig, 1)
    assert (output.state, output.reasons) == (SafetyState.HOLD, Reason.ABSENT)
    rig.gate.on_signal(Heartbeat(rig.clock.now()))
    assert go(rig).state is SafetyState.ARMED


def test_a_second_voice_among_proposals_holds_until_it_is_gone():
    rig = watched()
    rig.move()
    rig.gate.on_signal(Company("2 nodes publish command_raw/policy, one may: a, b"))
    output = go(rig)
    assert (output.state, output.reasons) == (SafetyState.HOLD, Reason.SECOND_PUBLISHER)
    assert "command_raw/policy" in cause(rig)
    rig.gate.on_signal(Company(""))
    assert go(rig).state is SafetyState.ARMED


def test_somebody_else_on_the_controllers_topic_stops():
    rig = watched()
    rig.move()
    rig.gate.on_signal(Company("2 nodes publish arm/commands", is_final=True))
    assert go(rig).state is SafetyState.STOPPED
    assert rig.gate.reasons_latched == Reason.SECOND_PUBLISHER
    go(rig, 30)
    assert rig.gate.reset()[0]
    assert "2 nodes publish arm/commands" in refusal(rig)


def test_a_doubt_and_a_late_source_are_both_named():
    rig = watched(presence_ms=300.0)
    rig.gate.on_signal(Heartbeat(rig.clock.now()))
    rig.move()
    rig.tick(40)
    assert rig.gate.state is SafetyState.HOLD
    assert rig.outputs[-1].reasons == Reason.ABSENT | Reason.STALE_PROPOSAL


def test_no_monitor_speaks_up_after_a_stop():
    rig = watched(presence_ms=300.0)
    rig.gate.on_signal(Heartbeat(rig.clock.now()))
    rig.move()
    rig.gate.estop("button")
    rig.tick(60)
    assert rig.gate.reasons_latched == Reason.ESTOP


ALL = {"max_tilt_rad": 0.8, "max_contact": 0.9, "health": HEALTH, "presence_ms": 300.0}


def test_every_monitor_is_restored_bit_by_bit():
    spec = so101(safety=SafetySpec(**ALL))
    assert len(make_monitors(spec)) == 9
    rig = Rig(spec)

    def keep_alive():
        feel(rig, turned(0.1))
        report(rig, temperature=30.0, current=1.0, battery=12.0)
        rig.gate.on_signal(Heartbeat(rig.clock.now()))

    keep_alive()
    rig.measure(effort=np.zeros(6))
    assert rig.gate.arm()[0]
    effort = np.full(6, 2.0)
    go(rig, 23, keep_alive, effort=effort)
    state = json.loads(json.dumps(rig.gate.get_state(), default=lambda array: array.tolist()))
    other = Rig(spec, rig.clock.now())
    other.gate = Gate(spec, other.clock)
    other.gate.set_state(state)
    other.position, other.velocity = rig.position.copy(), rig.velocity.copy()
    for _ in range(60):
        mine, restored = go(rig, effort=effort), go(other, effort=effort)
        assert mine.state is restored.state
        assert mine.reasons == restored.reasons
        np.testing.assert_array_equal(mine.command.position, restored.command.position)
    assert rig.gate.diagnostics() == other.gate.diagnostics()
