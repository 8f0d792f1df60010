"""People: e-stops, dead-man's switches, take-overs, and starting from the wrong place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rl_agent.types import SafetyState

from .context import FaultContext
from .judge import Braking, judge_braking
from .outcome import Expectations, Outcome, not_tried
from .rig import Rig
from .timeline import since

BAR_SLACK_S = 0.010
WATCH_S = 0.6
RESET_WATCH_S = 0.4
ESTOP_BUTTON = 1
"""Of the joystick, as the rig tells the gate."""


@dataclass(frozen=True)
class Press:
    """One e-stop and what followed."""

    braking: Braking
    reset_moved: bool
    """The robot was commanded to move after a reset, before any arming."""
    state_after_reset: str


def press_again(
    context: FaultContext,
    rig: Rig,
    press: Callable[[], float],
    release: Callable[[], None],
    count: int,
) -> Iterator[Press]:
    """Press an e-stop in motion, again and again; yield what followed.

    Args:
        context: Of the call.
        rig: Is armed and moves.
        press: Presses; returns when [s].
        release: Lets go.
        count: How often.
    """
    for number in range(count):
        context.say(f"e-stop in motion, {number + 1} of {count}")
        rig.get_moving(context.rng)
        event_s = press()
        rig.wait(WATCH_S)
        braking = judge_braking(rig.timeline, event_s, event_s + WATCH_S)
        release()
        rig.wait(0.1)
        reset_s = time.monotonic()
        rig.until(lambda: rig.operator.reset()[0], 5.0, "a reset after the e-stop")
        rig.wait(RESET_WATCH_S)
        moved = any(
            float(np.abs(a.velocity).max()) > 1e-9 for a in since(rig.timeline.applied, reset_s)
        )
        yield Press(braking, moved, rig.state.state)
        rig.restore()


class Routes:
    """The ways to stop, by name; each is (press, release), or absent where it is not built."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        node = rig.operator.node
        self.found: dict[str, tuple[Callable[[], float], Callable[[], None]]] = {
            "service": (self._call, lambda: None)
        }
        self.missing: list[str] = []
        rig.operator.lifecycle.is_offered(_trigger(), "estop")
        self._offer("topic", node, "estop", _bool_kind(), _bool_message)
        self._offer("button", node, "joy", _joy_kind(), _joy_message)

    def _call(self) -> float:
        now_s = time.monotonic()
        self._rig.operator.estop()
        return now_s

    def _offer(
        self, name: str, node: Any, topic: str, kind: Any, make: Callable[[bool], Any]
    ) -> None:
        publisher = node.create_publisher(kind, topic, 10)
        self._rig.wait(0.5)
        listeners = [info.node_name for info in node.get_subscriptions_info_by_topic(f"/{topic}")]
        if not any(listener.startswith("safety_node") for listener in listeners):
            node.destroy_publisher(publisher)
            self.missing.append(name)
            return
        publisher.publish(make(False))

        def press() -> float:
            now_s = time.monotonic()
            publisher.publish(make(True))
            return now_s

        self.found[name] = press, lambda: publisher.publish(make(False))


def _trigger() -> Any:
    from std_srvs.srv import Trigger

    return Trigger


def _bool_kind() -> Any:
    from std_msgs.msg import Bool

    return Bool


def _joy_kind() -> Any:
    from sensor_msgs.msg import Joy

    return Joy


def _bool_message(is_pressed: bool) -> Any:
    return _bool_kind()(data=is_pressed)


def _joy_message(is_pressed: bool) -> Any:
    buttons = [0] * 12
    buttons[ESTOP_BUTTON] = int(is_pressed)
    return _joy_kind()(buttons=buttons, axes=[0.0] * 6)


def gate_parameters() -> dict[str, Any]:
    """Return what safety_node is told so that the joystick's button stops; {} where it can't."""
    from ..parameters import TABLES

    known = {parameter.name for parameter in TABLES["safety_node"]}
    return {"estop_button": ESTOP_BUTTON} if "estop_button" in known else {}


def row_estop(context: FaultContext) -> Outcome:
    """Row 25. The key is tried by tests/nodes: it needs a terminal."""
    rig = context.rig(**context.operated())
    routes = Routes(rig)
    expectations = Expectations()
    bar_s = rig.spec.gate_period_s + BAR_SLACK_S
    told = []
    for name, (press, release) in routes.found.items():
        presses = list(press_again(context, rig, press, release, context.repeats(4, 1)))
        worst_s = max(p.braking.first_brake_s or np.inf for p in presses)
        late = f"{name}: {1e3 * worst_s:.1f} ms, allowed {1e3 * bar_s:.0f}"
        expectations.expect(worst_s <= bar_s, late)
        expectations.expect(all(p.braking.is_latched for p in presses), f"{name}: not latched")
        moved = any(p.reset_moved or p.state_after_reset != "UNARMED" for p in presses)
        expectations.expect(not moved, f"{name}: reset alone moved or armed the robot")
        told.append(f"{name} {1e3 * worst_s:.1f}")
    for name in routes.missing:
        expectations.expect(False, f"{name}: the gate does not listen to it")
    return expectations.outcome(f"first braking command [ms]: {', '.join(told)}")


def row_takeover(context: FaultContext) -> Outcome:
    """Row 27: a human takes over in motion and hands back; the command must have no step."""
    rig = context.rig(**context.operated())
    expectations = Expectations()
    acceleration = np.array([joint.max_acceleration for joint in rig.spec.command_joints])
    allowed = acceleration * rig.spec.gate_period_s**2
    worst, human, count = 0.0, 0, context.repeats(4, 1)
    for number in range(count):
        context.say(f"take-over and hand-back, {number + 1} of {count}")
        rig.get_moving(context.rng)
        start_s = time.monotonic()
        other = rig.mover("--source", "human", "--seconds", "2.0", "--share", "0.7")
        rig.until(lambda child=other: child.status is not None, 15.0, "the human to hand back")
        rig.wait(1.0)
        # Silence of a source that had been there latches.
        applied = since(rig.timeline.applied, start_s)
        human += sum(a.source == "human" for a in applied)
        worst = max(worst, largest_second_difference(applied, allowed))
        rig.restore()
    expectations.expect(human > 0, "the human was never followed")
    expectations.expect(worst <= 1.0 + 1e-6, f"{worst:.3f} of a_max T²")
    return expectations.outcome(
        f"largest second difference {worst:.6f} of a_max T² in {count} take-overs",
        "both move at half the speed limit or more",
    )


def largest_second_difference(applied: list[Any], allowed: np.ndarray) -> float:
    """Return the largest |q'' T²| of consecutive following ticks, as a share of `allowed`."""
    worst = 0.0
    for first, second, third in zip(applied, applied[1:], applied[2:], strict=False):
        is_row = third.tick - first.tick == 2 and not (third.is_braking or second.is_braking)
        if is_row and not first.is_braking:
            change = third.position - 2.0 * second.position + first.position
            worst = max(worst, float((np.abs(change) / allowed).max()))
    return worst


def row_far_start(context: FaultContext) -> Outcome:
    """Row 28: the first proposals after arming lie 1 rad away from where the robot stands."""
    rig = context.rig(**context.operated())
    expectations = Expectations()
    rig.operator.estop()
    rig.until(lambda: rig.operator.reset()[0], 5.0, "a reset")
    far = rig.mover("--source", "mpc", "--offset", "1.0", "--share", "0.1", "--seconds", "6")
    rig.wait(1.5)
    start_s = time.monotonic()
    is_armed, answer = rig.operator.arm()
    rig.wait(1.0)
    applied = since(rig.timeline.applied, start_s)
    far.kill()
    limits = np.array([joint.max_velocity for joint in rig.spec.command_joints])
    acceleration = np.array([joint.max_acceleration for joint in rig.spec.command_joints])
    ramp_ticks = round(0.1 / rig.spec.gate_period_s)
    early = [float((np.abs(a.velocity) / limits).max()) for a in applied[:ramp_ticks]]
    speed = max((float((np.abs(a.velocity) / limits).max()) for a in applied), default=0.0)
    bend = largest_second_difference(applied, acceleration * rig.spec.gate_period_s**2)
    if not is_armed:
        return expectations.outcome(f"refused: {answer}")
    expectations.expect(bool(applied), "nothing was commanded")
    expectations.expect(speed <= 1.0 + 1e-6, f"{speed:.3f} of the speed limit")
    expectations.expect(bend <= 1.0 + 1e-6, f"{bend:.3f} of the acceleration limit")
    expectations.expect(max(early, default=0.0) <= 0.3, "no ramp in the first 100 ms")
    rig.wait(0.7)
    return expectations.outcome(
        f"armed, ramped: {max(early, default=0.0):.2f} of the speed limit in the first 100 ms,"
        f" {speed:.2f} at most, acceleration {bend:.4f} of its limit"
    )


def row_deadman(context: FaultContext) -> Outcome:
    """Row 26."""
    from importlib.util import find_spec

    if find_spec("surefoot_nodes.teleop_node") is None:
        return not_tried("there is no teleop_node yet, so no dead-man's switch to let go of")
    from .teleop import try_deadman

    return try_deadman(context)


def is_stopped(rig: Rig) -> bool:
    """Tell whether the gate is stopped."""
    return rig.operator.state is SafetyState.STOPPED
