"""The whole gate without ROS: mux, interpolation, limits, watchdogs, states, brake.

Not thread-safe: whoever owns it calls it from one thread. All times are seconds of the injected
steady clock; commands follow each other by tick count with a fixed T (see SAFETY.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.clock import Clock
from rl_agent.kinematics import Mechanics
from rl_agent.safety.follower import Follower
from rl_agent.safety.giving_way import GivingWay
from rl_agent.safety.measurement_intake import MeasurementIntake
from rl_agent.safety.mux import Entry
from rl_agent.safety.pacing import Pacer
from rl_agent.safety.permission import Permission
from rl_agent.safety.proposal_intake import ProposalIntake
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.safety.speed_scale import LEAST_SCALE
from rl_agent.safety.standstill import Standstill
from rl_agent.safety.state_machine import Event, next_state
from rl_agent.safety.supervision import Supervision
from rl_agent.safety.tally import Tally
from rl_agent.spec import ControllerType, RobotSpec
from rl_agent.types import (
    GateOutput,
    Measurement,
    Proposal,
    Reason,
    SafetyState,
    Verdict,
)


class Gate:
    """Decides what the robot is commanded; the only one that may."""

    def __init__(self, spec: RobotSpec, clock: Clock, mechanics: Mechanics | None = None) -> None:
        """Prepare the gate; it is not armed.

        Args:
            spec: The robot.
            clock: Steady time.
            mechanics: Its models; needed where the profile's safety section speaks of them.

        Raises:
            GateError: A model that the profile needs was not given.
        """
        self._spec = spec
        self._clock = clock
        self._dt = spec.gate_period_s
        self._index = np.array(spec.command_index)
        self._filter = SafetyFilter(spec, mechanics=mechanics)
        self._follower = Follower(spec, self._filter)
        self._giving_way = GivingWay(spec, self._filter)
        self._measurements = MeasurementIntake(spec)
        self._proposals = ProposalIntake(spec)
        self._pacer = Pacer(self._dt)
        self._tally = Tally(spec.gate_hz)
        self._supervision = Supervision(spec, self._measurements, self._proposals)
        self._permission = Permission(spec, self._measurements, self._supervision)
        self._standstill = Standstill(spec)
        self.state = SafetyState.UNARMED
        self.reasons_latched = Reason.NONE
        self._cause = "not armed yet"
        self._is_commanding = False
        self._pressed: set[str] = set()
        self._refused = Reason.NONE
        self._tick = 0

    def on_measurement(self, measurement: Measurement) -> None:
        """Take in a measurement; one that is not new, whole and finite does not count as fresh."""
        may_restart = self.state in (SafetyState.UNARMED, SafetyState.STOPPED)
        now_s = self._clock.now()
        problem = self._measurements.take(measurement, now_s, may_restart=may_restart)
        if problem:
            self._tally.count(problem)
        if problem == "measurement_restarts":
            self._proposals.mux.clear(stamps=True)

    def on_proposal(self, proposal: Proposal) -> Reason:
        """Take in a proposal; return NONE, or why it was refused."""
        source = proposal.source
        stamps = self._measurements.stamps
        refused = self._proposals.take(proposal, self._clock.now(), self._tick, stamps)
        if refused is Reason.NONE:
            self._tally.count("proposals_accepted")
            return refused
        self._tally.count(f"proposals_refused_{str(refused.name).lower()}")
        self._refused |= refused
        if refused is Reason.NON_FINITE:
            self._latch(Event.FAULT, refused, f"{source} proposed a number that is not finite")
        elif self._proposals.is_broken(source):
            self._latch(Event.FAULT, refused, f"{source} keeps sending malformed proposals")
        return refused

    def on_signal(self, signal: object) -> None:
        """Take in one of signals.py's: an orientation, a heartbeat, a motor's health, company."""
        self._supervision.hear(signal)

    def arm(self) -> tuple[bool, str]:
        """Start following proposals, or refuse and say why. Moves nothing by itself."""
        if self.state in (SafetyState.ARMED, SafetyState.HOLD):
            return True, "already armed"
        measurement, obstacle = self._permission.to_arm(self._clock.now(), self._stopped_words())
        if measurement is None:
            return self._refusal(obstacle)
        self._filter.reset(measurement.position[self._index])
        self._proposals.clear()
        self._supervision.restart()
        self._follower.restart()
        self._standstill.end()
        self._is_commanding = True
        self._fire(Event.ARM, "armed")
        return True, "armed"

    @property
    def is_moving(self) -> bool:
        """Whether the commands that were sent have not come to rest yet."""
        return self._is_commanding and not self._filter.is_at_rest

    @property
    def mode(self) -> str:
        """What the driver is to do: `run`, or the profile's stop mode once the robot stands."""
        return self._standstill.mode

    @property
    def speed_scale(self) -> float:
        """The share of the velocity limits that an operator allows."""
        return self._follower.speed.target

    def set_speed_scale(self, share: float) -> None:
        """Allow only this share of the velocity limits, 0.01 to 1; it takes effect gradually.

        Raises:
            ValueError: It is outside.
        """
        if not LEAST_SCALE <= share <= 1.0:
            raise ValueError(f"expected a share from {LEAST_SCALE:g} to 1, got {share}")
        self._follower.speed.target = float(share)

    def disarm(self) -> None:
        """Brake, then stop commanding."""
        if self.state in (SafetyState.ARMED, SafetyState.HOLD):
            self._latch(Event.DISARM, Reason.OPERATOR, "disarmed by the operator, braking")
        self._finish_disarm()

    def estop(self, cause: str) -> None:
        """Brake from the next tick on, and latch."""
        self._latch(Event.ESTOP, Reason.ESTOP, f"e-stop: {cause}")

    def press_estop(self, button: str, *, is_pressed: bool) -> None:
        """Stop when a button goes down; until it is released there is no reset."""
        if not is_pressed:
            self._pressed.discard(button)
            return
        # A button that says so again finds the gate stopped and latched: nothing changes.
        self._pressed.add(button)
        self.estop(f"{button} pressed")

    def reset(self) -> tuple[bool, str]:
        """Clear the latch once the robot stands; moves nothing, and arming stays separate."""
        if self.state in (SafetyState.ARMED, SafetyState.HOLD):
            return self._refusal("the gate is armed; there is nothing to reset")
        if self.state is SafetyState.UNARMED:
            return True, "nothing to reset"
        if self.is_moving:
            return self._refusal("the robot is still braking")
        obstacle = self._pressed_words() or self._permission.to_reset(self._clock.now())
        if obstacle:
            return self._refusal(obstacle)
        self._release(Event.RESET, "reset, not armed")
        return True, "reset; call arm to go on"

    def tick(self) -> GateOutput:
        """Return the next command. Never raises: a mistake of ours brakes and latches."""
        try:
            return self._run_tick(self._clock.now())
        except Exception as error:  # the last line of defence: the loop must go on and brake
            return self._fail(error)

    def diagnostics(self) -> dict[str, float | int | str]:
        """Return state, the cause of its last change in words, and all counts."""
        return {
            "state": self.state.value,
            "cause": self._cause,
            "tick": self._tick,
            "reasons_latched": int(self.reasons_latched),
            "mode": self.mode,
            "speed_scale": self.speed_scale,
            **self._ages(),
            **self._tally.report(),
        }

    def _ages(self) -> dict[str, float]:
        now_s = self._clock.now()
        watchdogs = {
            "measurement": self._measurements.watchdog,
            "proposal": self._proposals.watchdog,
        }
        return {
            f"{name}_age_ms": 1e3 * watchdog.age_s(now_s)
            for name, watchdog in watchdogs.items()
            if watchdog.is_fed
        }

    def _run_tick(self, now_s: float) -> GateOutput:
        pace = self._pacer.note(now_s)
        if pace.is_early:
            self._tally.count("ticks_too_early")
            return self._output(self._unchanged(), None)
        self._tick += 1
        if pace.is_late:
            self._tally.count("deadline_misses")
            self._make_up_for(pace.num_missed)
        if not self._is_commanding:
            self._standstill.note(is_stopped=self.state is SafetyState.STOPPED)
            return self._output(None, None)
        if self._spec.controller.type is ControllerType.FORWARD_VELOCITY:
            self._anchor(now_s)
        entry = self._proposals.mux.select(now_s)
        if self.state is not SafetyState.STOPPED:
            self._watch(now_s, entry, is_late=pace.is_late)
        if self.state is SafetyState.ARMED and entry is not None:
            verdict = self._follower.step(entry, self._tick)
            if verdict.reasons & Reason.NON_FINITE:
                self._latch(Event.FAULT, Reason.NON_FINITE, "the gate computed no finite command")
            # What brakes for want of another way follows nobody.
            return self._output(verdict, None if verdict.is_braking else entry)
        return self._stand()

    def _stand(self) -> GateOutput:
        """Brake and stand, and in the end leave the robot to its stop mode."""
        self._follower.leave()
        verdict = self._give_way() or self._filter.brake()
        stops = self.state is SafetyState.STOPPED and self._filter.is_at_rest
        self._standstill.note(is_stopped=stops)
        output = self._output(verdict if self._standstill.is_commanding else None, None)
        self._finish_disarm()
        return output

    def _give_way(self) -> Verdict | None:
        newest, reasons = self._measurements.newest, self._supervision.reasons
        if self.state is not SafetyState.HOLD or reasons != Reason.FOLLOWING_ERROR or not newest:
            return None
        return self._giving_way.step(newest.position[self._index], self._tick)

    def _watch(self, now_s: float, entry: Entry | None, *, is_late: bool) -> None:
        before = self._supervision.reasons
        event, reasons, cause = self._supervision.look(
            now_s,
            (self._filter.position, self._filter.velocity),
            has_proposal=entry is not None,
            is_late=is_late,
        )
        if event in (Event.TRIP, Event.SILENT):
            self._latch(event, reasons, cause)
        elif reasons != before or (self.state is SafetyState.HOLD) != bool(reasons):
            self._fire(event, cause)

    def _anchor(self, now_s: float) -> None:
        newest = self._measurements.newest
        if newest is None or self._measurements.watchdog.is_stale(now_s):
            return
        # Where the robot is by now: a measurement that came late must not make it brake harder.
        age_s = now_s - newest.received_s
        velocity = self._filter.velocity
        self._follower.shift(newest.position[self._index] + velocity * age_s)

    def _make_up_for(self, missed_ticks: int) -> None:
        if not missed_ticks or not self._is_commanding:
            return
        # A trajectory controller followed the braking tail meanwhile, others kept the last position
        # or timed out. Going on from our own last command would throw the robot back.
        self._tally.count("stalls")
        self._follower.leave()
        self._tick += missed_ticks
        if self._spec.controller.type is not ControllerType.JOINT_TRAJECTORY:
            self._filter.halt()
            return
        while missed_ticks > 0 and not self._filter.is_at_rest:
            self._filter.brake()
            missed_ticks -= 1

    def _unchanged(self) -> Verdict | None:
        if not self._is_commanding:
            return None
        return Verdict(self._filter.applied)

    def _output(self, verdict: Verdict | None, entry: Entry | None) -> GateOutput:
        newest = self._measurements.newest
        reasons, self._refused = self._refused | self.reasons_latched, Reason.NONE
        if self.state is SafetyState.HOLD:
            reasons |= self._supervision.reasons
        if verdict is not None and verdict.reasons:
            reasons |= verdict.reasons
        shares = verdict.shares if verdict is not None else {}
        self._tally.add_tick(self.state, int(reasons), shares)
        stamp_s = newest.stamp_s if newest is not None else 0.0
        return GateOutput(
            tick=self._tick,
            state=self.state,
            command=verdict.command if verdict is not None else None,
            source=entry.proposal.source if entry is not None else None,
            reasons=reasons,
            shares=shares,
            stamp_s=entry.proposal.stamp_s if entry is not None else stamp_s,
        )

    def _fail(self, error: Exception) -> GateOutput:
        self._latch(Event.FAULT, Reason.INTERNAL, f"mistake within the gate: {error!r}")
        return self._output(self._filter.brake() if self._is_commanding else None, None)

    def _fire(self, event: Event, cause: str) -> None:
        state = next_state(self.state, event)
        if state is not self.state or event in (Event.LATE, Event.DOUBT):
            self._cause = cause
        if state is not self.state:
            self._tally.count(f"became_{state.value.lower()}")
        self.state = state

    def _latch(self, event: Event, reason: Reason, cause: str) -> None:
        self._fire(event, cause)
        if self.state is SafetyState.STOPPED and not reason & self.reasons_latched:
            self.reasons_latched |= reason
            self._cause = cause

    def _finish_disarm(self) -> None:
        # Only what is stopped is latched.
        is_disarm = self.reasons_latched == Reason.OPERATOR
        if is_disarm and self._filter.is_at_rest and self._standstill.is_settled:
            self._release(Event.DISARMED, "disarmed by the operator")

    def _release(self, event: Event, cause: str) -> None:
        self.reasons_latched = Reason.NONE
        self._is_commanding = False
        self._fire(event, cause)

    def _refusal(self, obstacle: str) -> tuple[bool, str]:
        self._tally.count("requests_refused")
        return False, f"refused: {obstacle}"

    def _stopped_words(self) -> str:
        if self.state is not SafetyState.STOPPED:
            return ""
        if self.reasons_latched == Reason.OPERATOR:
            return "the robot is still braking after disarm"
        if self.reasons_latched & Reason.ESTOP:
            return "e-stop is latched; call reset first"
        return f"stopped ({self._cause}); call reset first"

    def _pressed_words(self) -> str:
        names = ", ".join(sorted(self._pressed))
        return f"{names} is still pressed; release it first" if names else ""

    def get_state(self) -> dict[str, Any]:
        """Return everything that later ticks depend on: numbers, strings, lists and arrays."""
        return {
            "filter": self._filter.get_state(),
            "follower": self._follower.get_state(),
            "giving_way": self._giving_way.get_state(),
            "measurements": self._measurements.get_state(),
            "proposals": self._proposals.get_state(),
            "pacer": self._pacer.get_state(),
            "tally": self._tally.get_state(),
            "state": self.state.value,
            "reasons_latched": int(self.reasons_latched),
            "cause": self._cause,
            "is_commanding": self._is_commanding,
            "supervision": self._supervision.get_state(),
            "standstill": self._standstill.get_state(),
            "pressed": sorted(self._pressed),
            "refused": int(self._refused),
            "tick": self._tick,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called; the clock must be set to the same time."""
        self._filter.set_state(state["filter"])
        self._measurements.set_state(state["measurements"])
        self._proposals.set_state(state["proposals"])
        self._follower.set_state(state["follower"], self._proposals.mux)
        self._giving_way.set_state(state["giving_way"])
        self._pacer.set_state(state["pacer"])
        self._tally.set_state(state["tally"])
        self.state = SafetyState(state["state"])
        self.reasons_latched = Reason(state["reasons_latched"])
        self._cause = str(state["cause"])
        self._is_commanding = bool(state["is_commanding"])
        self._supervision.set_state(state["supervision"])
        self._standstill.set_state(state["standstill"])
        self._pressed = set(state["pressed"])
        self._refused = Reason(state["refused"])
        self._tick = int(state["tick"])
