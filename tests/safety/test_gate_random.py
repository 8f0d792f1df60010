"""Random sessions against a model of the states: hypothesis plays operator and fate."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from safety_rig import Rig, check_within_limits, so101, table_in_safety_md

from rl_agent.safety.signals import Company, HealthReading, Heartbeat
from rl_agent.safety.state_machine import Event
from rl_agent.spec import HealthSpec, SafetySpec
from rl_agent.types import Command, Reason, SafetyState

TABLE = table_in_safety_md()
W_S, S_S, SILENCE_S = 0.125, 0.020, 0.5
PRESENCE_S, TEMPERATURE_C = 2.0, 65.0
SAFETY = SafetySpec(
    presence_ms=1e3 * PRESENCE_S, health=HealthSpec(max_temperature_c=TEMPERATURE_C)
)
JUMP = 0.5


class GateMachine(RuleBasedStateMachine):
    """The model knows only SAFETY.md's table, the times, and what it did itself."""

    def __init__(self):
        super().__init__()
        self.rig = Rig(so101(safety=SAFETY))
        self.state = SafetyState.UNARMED
        self.latched = Reason.NONE
        self.measured_s = self.proposed_s = None
        self.num_bad = 0
        self.is_disarming = False
        self.is_pressed = False
        self.is_hot = False
        self.has_company = False
        self.is_doubted = False
        self.look_after_the_robot()

    def expect(self, event):
        self.state = TABLE[self.state, event]

    @property
    def now_s(self):
        return self.rig.clock.now()

    @property
    def is_absent(self):
        return self.now_s - self.heard_s > PRESENCE_S + 1e-9

    @property
    def is_unreported(self):
        return self.now_s - self.reported_s > 5.0

    @property
    def is_moving(self):
        return bool(self.rig.velocity[self.rig.index].any())

    def measure(self):
        self.rig.clock.advance(1e-6)
        self.rig.measure()
        self.measured_s = self.now_s
        self.is_doubted = False

    @rule(ticks=st.integers(1, 8), with_measurements=st.booleans())
    def let_time_pass(self, ticks, with_measurements):
        for _ in range(ticks):
            self.rig.clock.advance(self.rig.dt)
            if with_measurements:
                self.measure()
            self.expect_tick()
            self.take(self.rig.gate.tick())

    def expect_tick(self):
        if self.state not in (SafetyState.ARMED, SafetyState.HOLD):
            return
        measurement_age_s = self.now_s - self.measured_s
        proposal_age_s = np.inf if self.proposed_s is None else self.now_s - self.proposed_s
        is_dead = proposal_age_s > SILENCE_S + 1e-9 and self.proposed_s is not None
        if self.is_hot:
            self.expect(Event.TRIP)
            self.is_disarming = False
        elif measurement_age_s > SILENCE_S + 1e-9 or is_dead:
            self.expect(Event.SILENT)
        elif self.is_doubted or self.has_company or self.is_absent or self.is_unreported:
            self.expect(Event.DOUBT)
        elif measurement_age_s > S_S + 1e-9 or proposal_age_s > W_S + 1e-9:
            self.expect(Event.LATE)
        else:
            self.expect(Event.FRESH)

    def take(self, output):
        rig = self.rig
        rig.outputs.append(output)
        if output.command is not None:
            rig.position[rig.index] = output.command.position
            rig.velocity[rig.index] = output.command.velocity
        else:
            rig.velocity[:] = 0.0
        assert output.state is rig.gate.state or self.is_disarming
        if self.is_disarming and self.state is SafetyState.STOPPED and not self.is_moving:
            self.expect(Event.DISARMED)
            self.is_disarming = False

    @rule(offset=st.floats(-2.0, 2.0), velocity=st.floats(-3.0, 3.0))
    def propose(self, offset, velocity):
        self.measure()
        reason = self.rig.propose(self.rig.position + offset, velocity)
        assert reason is Reason.NONE
        self.proposed_s, self.num_bad = self.now_s, 0

    @rule(bad=st.sampled_from([np.nan, np.inf, -np.inf]), joint=st.integers(0, 5))
    def propose_nonsense(self, bad, joint):
        self.measure()
        position = self.rig.position.copy()
        position[joint] = bad
        command = Command(position, np.zeros(6))
        assert self.rig.propose(command=command) is Reason.NON_FINITE
        self.fault()
        self.num_bad += 1

    @rule()
    def propose_wrong_size(self):
        self.measure()
        command = Command(np.zeros(7), np.zeros(7))
        assert self.rig.propose(command=command) is Reason.BAD_PROPOSAL
        self.num_bad += 1
        if self.num_bad >= 5:
            self.fault()

    def fault(self):
        self.expect(Event.FAULT)
        self.is_disarming = self.is_disarming and self.state is not SafetyState.STOPPED

    @precondition(lambda self: self.measured_s is not None)
    @rule()
    def measure_and_arm(self):
        self.measure()
        is_armed, words = self.rig.gate.arm()
        if self.state is SafetyState.UNARMED:
            objects = self.has_company or self.is_absent or self.is_unreported or self.is_hot
            assert is_armed != objects, words
            if is_armed:
                self.expect(Event.ARM)
                self.proposed_s, self.num_bad = None, 0
        else:
            assert is_armed == (self.state is not SafetyState.STOPPED)

    @rule()
    def measure_first(self):
        self.measure()

    @rule()
    def disarm(self):
        if self.state in (SafetyState.ARMED, SafetyState.HOLD):
            self.is_disarming = True
        self.rig.gate.disarm()
        self.expect(Event.DISARM)
        if self.is_disarming and not self.is_moving:
            self.expect(Event.DISARMED)
            self.is_disarming = False

    @rule()
    def estop(self):
        self.rig.gate.estop("test")
        self.expect(Event.ESTOP)
        self.is_disarming = False

    @rule()
    def reset(self):
        self.measure()
        is_reset, words = self.rig.gate.reset()
        may_reset = self.state is SafetyState.UNARMED or (
            self.state is SafetyState.STOPPED and not self.is_moving and not self.is_pressed
        )
        assert is_reset == may_reset, words
        if may_reset:
            self.expect(Event.RESET)
            self.is_disarming = False

    @rule()
    def look_after_the_robot(self):
        self.rig.gate.on_signal(Heartbeat(self.now_s))
        self.rig.gate.on_signal(HealthReading("temperature", "elbow", 30.0, self.now_s))
        self.heard_s = self.reported_s = self.now_s
        self.is_hot = False

    @rule()
    def get_hot(self):
        self.rig.gate.on_signal(HealthReading("temperature", "elbow", 70.0, self.now_s))
        self.reported_s, self.is_hot = self.now_s, True

    @rule(has_company=st.booleans())
    def find_company(self, has_company):
        self.rig.gate.on_signal(Company("somebody" if has_company else ""))
        self.has_company = has_company

    @rule(is_pressed=st.booleans())
    def press_or_release(self, is_pressed):
        self.rig.gate.press_estop("button", is_pressed=is_pressed)
        if is_pressed and not self.is_pressed:
            self.expect(Event.ESTOP)
            self.is_disarming = False
        self.is_pressed = is_pressed

    @precondition(lambda self: self.measured_s is not None)
    @rule()
    def measure_a_jump(self):
        self.rig.clock.advance(1e-6)
        is_watched = self.state in (SafetyState.ARMED, SafetyState.HOLD)
        # After a gap a joint may be anywhere: then a jump would be believed.
        if is_watched and self.now_s - self.measured_s < 0.05:
            self.rig.measure(position=self.rig.position + JUMP)
            self.is_doubted = True

    @rule(share=st.floats(0.01, 1.0))
    def set_speed(self, share):
        self.rig.gate.set_speed_scale(share)

    @invariant()
    def the_state_is_the_models(self):
        assert self.rig.gate.state is self.state
        assert bool(self.rig.gate.reasons_latched) == (self.state is SafetyState.STOPPED)

    def teardown(self):
        positions, velocities = self.rig.commands()
        if len(positions):
            check_within_limits(
                self.rig.spec, positions, velocities, start=self.rig.spec.home, brakes=True
            )


class TestGate(GateMachine.TestCase):
    settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
