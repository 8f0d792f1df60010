"""The keyboard as a jog pad: keys move one joint, through the gate, while they are held."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from rl_agent.commissioning.jogger import Jogger
from rl_agent.spec import RobotSpec
from rl_agent.types import SafetyState

from .keyboard import END, INTERRUPT, Keys
from .operator_link import OperatorLink

HELP = (
    "1-9, n, p: joint   hold + or - (or arrows): move   any other key: stand\n"
    "a: arm   SPACE: stop (latches)   r: reset   q: quit\n"
    "A held key moves a joint at 5 % of its speed; without one for 0.3 s it stands. A terminal\n"
    "repeats a held key only after half a second: the joint stands meanwhile."
)
FORWARD, BACKWARD = ("+", "=", "up", "right"), ("-", "_", "down", "left")
SHOW_S = 0.1
WIDTH = 100
SETTLE_S = 0.7
"""A servo follows its command this much later, at the speeds of jogging."""
MEAN_S = 0.3
NEAR = 1e-4
"""[rad or m]."""


class JogPad:
    """Lets keys act until the human is done with them."""

    def __init__(self, spec: RobotSpec, link: OperatorLink, keys: Keys, jogger: Jogger) -> None:
        self._spec, self._link, self._keys, self._jogger = spec, link, keys, jogger
        self._shown_s = 0.0
        self.words = ""
        """The gate's newest answer."""
        self.has_armed = False
        """Whether it was we who armed the gate."""
        self.may_select = True
        """Whether keys may choose another joint."""

    def run(self, ends: tuple[str, ...] = ("q",)) -> str:
        """Serve keys until one of `ends`; return it, or `q` where the terminal or a signal ends it.

        The joint is at rest afterwards, as far as proposals can make it.
        """
        while True:
            for key in self._keys.read():
                if key in (INTERRUPT, END):
                    return self._leave("q")
                if key in ends:
                    return self._leave(key)
                self._on_key(key)
            if not self._keys.is_open:
                return self._leave("q")
            self.tick()

    def travel_to(self, position: float) -> bool:
        """Go to a position [rad or m] while any moving key is held; False where it was given up."""
        self._jogger.go_no_further_than(position)
        try:
            while not self._is_at(position):
                for key in self._keys.read():
                    if key in (INTERRUPT, END, "q") or not self.is_armed:
                        return False
                    held = key in (*FORWARD, *BACKWARD)
                    self._on_key(self._key_towards(position) if held else key)
                if not self._keys.is_open:
                    return False
                self.tick()
        finally:
            self._jogger.go_no_further_than(None)
            self.settle(SETTLE_S)
        return True

    def read_line(self, prompt: str) -> str | None:
        """Return a typed line; None where it was given up. The robot is held meanwhile."""
        sys.stdout.write(prompt)
        text = ""
        while self._keys.is_open:
            sys.stdout.flush()
            for key in self._keys.read():
                if key in (INTERRUPT, END):
                    return None
                if key in ("\r", "\n"):
                    sys.stdout.write("\n")
                    return text
                if key in ("\x7f", "\b"):
                    text = text[:-1]
                    sys.stdout.write("\b \b")
                elif key.isprintable() and len(key) == 1:
                    text += key
                    sys.stdout.write(key)
            self.tick(is_shown=False)
        return None

    def read_driver(self) -> float:
        """Return what the driver tells of the joint, in its unit, over a moment's mean."""
        seen = []
        end_s = time.monotonic() + MEAN_S
        while time.monotonic() < end_s or not seen:
            self.tick(is_shown=False)
            if (driver := self._link.driver_position) is not None:
                seen.append(float(driver[self._jogger.index]))
        return sum(seen) / len(seen)

    def tick(self, *, is_shown: bool = True) -> None:
        """Let a moment pass: listen, propose, show."""
        self._link.step()
        applied, position = self._link.applied, self._link.position
        if position is None:
            return
        if applied is None:
            self._jogger.follow(position)
        elif self._link.may_propose and self._link.is_fresh:
            self._link.propose(self._jogger.propose(time.monotonic(), applied))
        if is_shown:
            self._show()

    def settle(self, duration_s: float) -> None:
        """Let go, and hold for a while."""
        self._jogger.release()
        end_s = time.monotonic() + duration_s
        while time.monotonic() < end_s:
            self.tick()

    def arm(self) -> bool:
        """Arm the gate if it is not; tell why where it refuses."""
        if self.is_armed:
            return True
        is_done, self.words = self._ask(self._link.arm)
        self.has_armed |= is_done
        end_s = time.monotonic() + 2.0
        while is_done and self._link.applied is None and time.monotonic() < end_s:
            self._propose_rest()
        return is_done

    def disarm(self) -> None:
        """Leave the gate as it was found."""
        if self.has_armed:
            self._link.arm(False)

    @property
    def is_armed(self) -> bool:
        """Whether the gate follows proposals."""
        report = self._link.report
        return report is not None and report.is_armed

    def _is_at(self, position: float) -> bool:
        applied = self._link.applied
        return applied is not None and abs(applied.position[self._jogger.index] - position) < NEAR

    def _key_towards(self, position: float) -> str:
        applied = self._link.applied
        here = position if applied is None else applied.position[self._jogger.index]
        return "+" if position > here else "-"

    def _propose_rest(self) -> None:
        self._link.step()
        applied = self._link.applied
        if applied is not None and self._link.may_propose:
            self._link.propose(self._jogger.propose(time.monotonic(), applied))

    def _on_key(self, key: str) -> None:
        now_s = time.monotonic()
        if key in FORWARD:
            self._jogger.press(+1, now_s)
        elif key in BACKWARD:
            self._jogger.press(-1, now_s)
        else:
            self._jogger.release()
            self._act(key)

    def _act(self, key: str) -> None:
        actions: dict[str, Callable[[], object]] = {
            " ": lambda: self._say(self._ask(self._link.stop)),
            "r": lambda: self._say(self._ask(self._link.reset)),
            "a": self.arm,
        }
        if key in actions:
            actions[key]()
        elif self.may_select and (key.isdecimal() or key in ("n", "p")):
            step = {"n": self._jogger.index + 1, "p": self._jogger.index - 1}
            self._jogger.select(step[key] if key in step else int(key) - 1)

    def _ask(self, question: Callable[[], tuple[bool, str]]) -> tuple[bool, str]:
        self.words = ""
        return question()

    def _say(self, answer: tuple[bool, str]) -> None:
        self.words = answer[1]

    def _leave(self, key: str) -> str:
        self.settle(0.1)
        sys.stdout.write("\n")
        sys.stdout.flush()
        return key

    def _show(self) -> None:
        now_s = time.monotonic()
        position, report = self._link.position, self._link.report
        if now_s - self._shown_s < SHOW_S or position is None:
            return
        self._shown_s = now_s
        index = self._jogger.index
        state = report.state if report is not None else SafetyState.UNARMED
        arrow = ">" if self._jogger.is_moving(now_s) else " "
        words = self.words or (report.cause if report is not None else "no gate")
        line = f"{arrow} {index + 1} {self._jogger.joint.name} {position[index]:+.4f}  {state}  "
        sys.stdout.write("\r" + (line + words)[:WIDTH].ljust(WIDTH))
        sys.stdout.flush()
