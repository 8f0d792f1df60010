"""Gate and twin of one robot under attack: `python -m bench.assault --robot so101 --ticks 100000`.

Two sources ask for whatever does harm; numbers that are none latch a stop, after which an operator
waits until the robot stands, resets and arms. Prints one JSON line at the end. Nothing is in the
twin's way: an arm that is driven into itself is pushed back, which says nothing of the gate.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

import mujoco
import numpy as np

from rl_agent.clock import ManualClock
from rl_agent.robots.profile import load_robot
from rl_agent.safety.gate import Gate
from rl_agent.spec import RobotSpec
from rl_agent.types import GateOutput, Measurement, Proposal, Reason, SafetyState, Source
from sim.loading import load_model
from sim.mechanics import make_mechanics
from sim.twin import Twin

from .adversary import Adversary
from .poison import Poison
from .tick_audit import Extremes, TickAudit

POISON_EVERY = 150
"""Proposals, on average."""
WRONG_SIZE_EVERY = 40
MALFORMED_IN_A_ROW = 5
"""So many of one source latch ..."""
MANY_SHARE = 0.1
"""... and of all that are malformed, so many come in such a row."""
SILENCE_EVERY = 400
"""Proposals, on average; now and then until the source counts as dead."""
HUMAN_SHARE = 0.1
"""Of the time in which a second source asks too."""
SAY_S = 20.0


class Assault:
    """Ticks gate and twin together; owns both."""

    def __init__(self, spec: RobotSpec, seed: int) -> None:
        self._spec = spec
        self._rng = np.random.default_rng(seed)
        self._adversary = Adversary(spec, self._rng)
        self._poison = Poison(len(spec.command_joints))
        self._twin = Twin(spec, model=without_contacts(load_model(spec)))
        self._clock = ManualClock(0.0)
        self._gate = Gate(spec, self._clock, make_mechanics(spec))
        self._steps = round(spec.twin.physics_hz / spec.gate_hz)
        self._audit = TickAudit(spec)
        self._silent_until_s = 0.0
        self._next = {Source.POLICY: 0, Source.HUMAN: 0}
        self._tick = 0
        self.events: Counter[str] = Counter()

    def run(self, num_ticks: int) -> Extremes:
        """Attack for so many ticks that carry a command."""
        said_s = time.monotonic()
        num_commands = 0
        while num_commands < num_ticks:
            measurement, output = self._step()
            self._audit.note(output, measurement)
            num_commands += output.command is not None
            if output.state in (SafetyState.UNARMED, SafetyState.STOPPED):
                self._recover(output)
            if time.monotonic() - said_s > SAY_S:
                said_s = time.monotonic()
                print(f"{self._spec.name}: tick {num_commands}", file=sys.stderr, flush=True)
        return self._audit.finish()

    def report(self) -> Counter[str]:
        """Return what was sent, and how often the gate followed, stopped and was armed again."""
        counts = self.events.copy()
        counts["poisoned"] = self._poison.num_numbers
        counts["poison_kinds"] = self._poison.num_kinds
        counts["wrong_sizes"] = self._poison.num_sizes
        return counts

    def _step(self) -> tuple[Measurement, GateOutput]:
        self._twin.step(self._steps)
        self._tick += 1
        now_s = self._twin.time_s
        self._clock.set(now_s)
        measurement = self._twin.measure()
        self._gate.on_measurement(measurement)
        for source in self._asking(now_s):
            self._ask(source, now_s)
        output = self._gate.tick()
        self.events["followed"] += output.source is not None
        if output.command is not None:
            self._twin.apply(output.command)
        return measurement, output

    def _asking(self, now_s: float) -> list[Source]:
        """Return who asks in this tick, at intervals that are never the same."""
        if now_s < self._silent_until_s:
            return []
        due = [source for source, tick in self._next.items() if tick <= self._tick]
        for source in due:
            self._next[source] = self._tick + int(self._rng.integers(1, 8))
        # For some seconds in every minute a human interferes.
        is_human_there = (now_s / 60.0) % 1.0 < HUMAN_SHARE
        return [s for s in due if s is Source.POLICY or is_human_there]

    def _ask(self, source: Source, now_s: float) -> None:
        command = self._adversary.command(now_s)
        period_s = float(self._rng.choice([0.01, self._spec.policy_period_s, 0.3]))
        proposal = Proposal(source, command, now_s, now_s, period_s)
        draw = self._rng.random()
        if draw < 1.0 / POISON_EVERY:
            self._send(self._poison.number(proposal))
        elif draw < 1.0 / POISON_EVERY + 1.0 / WRONG_SIZE_EVERY:
            is_many = self._rng.random() < MANY_SHARE
            for _ in range(MALFORMED_IN_A_ROW if is_many else 2):
                self._send(self._poison.size(proposal))
        elif draw > 1.0 - 1.0 / SILENCE_EVERY:
            self._silent_until_s = now_s + float(self._rng.choice([0.05, 0.3, 1.0]))
        else:
            self._send(proposal)

    def _send(self, proposal: Proposal) -> None:
        reason = self._gate.on_proposal(proposal)
        self.events["accepted" if reason is Reason.NONE else "refused"] += 1

    def _recover(self, output: GateOutput) -> None:
        """Reset, once the robot stands, and arm; each may be refused and is tried again."""
        if output.state is SafetyState.STOPPED:
            is_reset, _ = self._gate.reset()
            if is_reset:
                self.events["latched"] += 1
                for reason in output.reasons & ~Reason.STALE_OBSERVATION:
                    self.events[f"latched_{str(reason.name).lower()}"] += 1
        if self._gate.state is SafetyState.UNARMED:
            is_armed, _ = self._gate.arm()
            self.events["armed"] += is_armed
            if is_armed:
                self._audit.note_arming()


def without_contacts(model: mujoco.MjModel) -> mujoco.MjModel:
    """Return the model with nothing in the way."""
    model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
    return model


def run(robot: str, num_ticks: int, seed: int) -> dict[str, object]:
    """Attack a robot; return everything that was counted."""
    spec = load_robot(robot)
    started = time.monotonic()
    assault = Assault(spec, seed)
    extremes = assault.run(num_ticks)
    return {
        "counts": dict(extremes.counts),
        "shares": extremes.shares,
        "events": dict(assault.report()),
        "seconds": time.monotonic() - started,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Attack, and print what was counted."""
    parser = argparse.ArgumentParser(prog="assault", description=__doc__)
    parser.add_argument("--robot", required=True)
    parser.add_argument("--ticks", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    print(json.dumps(run(options.robot, options.ticks, options.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
