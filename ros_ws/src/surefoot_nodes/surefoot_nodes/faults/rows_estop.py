"""E-stops by every route, in motion."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .context import FaultContext
from .judge import Braking, judge_braking
from .outcome import Expectations, Outcome
from .prompt import prompt
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
        with prompt():
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
            message = make(True)
            with prompt():
                now_s = time.monotonic()
                publisher.publish(message)
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
    from ..parameter_tables import TABLES

    known = {parameter.name for parameter in TABLES["safety_node"]}
    return {"estop_button": ESTOP_BUTTON} if "estop_button" in known else {}


def press_key(context: FaultContext, count: int) -> list[Press]:
    """Press the stop key in the terminal of `surefoot up twin`, in motion."""
    from .terminal import TerminalGraph

    context.say("the key, in a terminal of its own")
    with TerminalGraph(context.domain, context.scratch("terminal")) as terminal:
        return [terminal.press(turn) for turn in range(count)]


def row_estop(context: FaultContext) -> Outcome:
    """Row 25."""
    rig = context.rig(**context.operated())
    routes = Routes(rig)
    expectations = Expectations()
    bar_s = rig.spec.gate_period_s + BAR_SLACK_S
    told = []
    count = context.repeats(4, 1)
    found = {
        name: list(press_again(context, rig, press, release, count))
        for name, (press, release) in routes.found.items()
    }
    context.close_rig()
    found["key"] = press_key(context, count)
    for name, presses in found.items():
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
