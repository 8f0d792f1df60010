"""What a person sees of a robot that learns: state, episodes, versions, limiter, learner, disk."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from std_msgs.msg import String

from rl_agent.cli.display import Display
from rl_agent.cli.live_words import episode_text, free_text, updates_text
from rl_agent.exceptions import GraphError
from rl_agent.learning.run_folder import journal_dir

from . import qos
from .bringup import Bringup
from .episode_watch import EpisodeWatch
from .gate_reports import MAX_STATE_BYTES, GateReport, read_state
from .panel_words import (
    between_rows,
    experience_text,
    exploration_text,
    limiter_text,
    lost_words,
    rates_text,
    version_text,
)

LOOK_S = 0.5
LINK = "link_node"
STALE_S = 5.0
"""A process that has not been heard for so long is said to be silent."""
LEARNER_S, IDLE_S = 60.0, 0.1


class LivePanel:
    """An `Onlooker` of the supervisor's: shows figures, and ends the graph when the time is over.

    Subscribes `safety_state`, `learner_state` and `policy_state` (transient local), `diagnostics`.
    """

    def __init__(self, display: Display, run_dir: Path, policy_hz: float, minutes: float) -> None:
        """Show on a display; `minutes` of robot time, 0 for no end."""
        self._display = display
        self._run_dir = run_dir
        self._episodes = EpisodeWatch(journal_dir(run_dir))
        self._policy_hz = policy_hz
        self._num_steps = round(60.0 * minutes * policy_hz)
        self._first_step: int | None = None
        self._gate: GateReport | None = None
        self._told: dict[str, dict[str, Any]] = {}
        self._heard_s: dict[str, float] = {}
        self._looked_s = 0.0
        self.last_rows: list[tuple[str, str]] = []
        """What was shown last."""

    def attach(self, node: Node, bringup: Bringup) -> None:
        """Listen."""
        del bringup
        node.create_subscription(String, "safety_state", self._on_safety_state, qos.LATCHED)
        node.create_subscription(DiagnosticArray, "diagnostics", self._on_report, qos.REPORTS)
        for name in ("learner_state", "policy_state"):
            node.create_subscription(
                String, name, lambda message, name=name: self._take(name, message), qos.LATCHED
            )

    def wait_for_learner(self, bringup: Bringup) -> None:
        """Let a twin rest until somebody learns from it, a minute at most; no robot needs that.

        Raises:
            GraphError: Learning has ended before it began: nothing is to be armed for.
        """
        self._display.say("waiting for the learner, which imports and traces for some seconds")
        deadline_s = time.monotonic() + LEARNER_S
        while "learner_state" not in self._told and time.monotonic() < deadline_s:
            self.look()
            bringup.idle(IDLE_S)
        if reason := self._told.get("learner_state", {}).get("ended"):
            raise GraphError(f"nothing was armed, for nobody learns: {reason}")

    def look(self) -> bool:
        """Show how things stand; return whether the time is over."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            share = self.num_steps / self._num_steps if self._num_steps else None
            self.last_rows = self.rows(now_s)
            self._display.show(self.last_rows, share)
        # In lock-step the policy knows: the learner may have to finish.
        is_over = 0 < self._num_steps <= self.num_steps
        return bool(self._told.get("policy_state", {}).get("is_over", is_over))

    @property
    def num_steps(self) -> int:
        """Steps that the robot has lived through since we look on."""
        env_step = self._told.get("policy_state", {}).get("num_records")
        if env_step is None:
            return 0
        if self._first_step is None:
            self._first_step = int(env_step)
        return int(env_step) - self._first_step

    def rows(self, now_s: float) -> list[tuple[str, str]]:
        """Return names and values."""
        learner, policy = self._told.get("learner_state", {}), self._told.get("policy_state", {})
        link, gate = self._told.get("link"), self._told.get("gate", {})
        # A learner elsewhere tells nothing here: then the robot's own count is shown.
        env_step = learner.get("env_step", policy.get("num_records", 0) if link else 0)
        return [
            ("robot", self._robot_text(now_s)),
            ("limiter", limiter_text(gate)),
            *([("rates", rates)] if (rates := rates_text(gate)) else []),
            ("experience", experience_text(env_step, self._policy_hz, policy)),
            ("episodes", episode_text(learner) if link is None else self._episodes.text()),
            *between_rows(policy),
            *([("falls", str(policy["num_falls"]))] if policy.get("num_falls") else []),
            ("version", version_text(policy, link or learner)),
            *([("exploration", exploration_text(policy))] if policy.get("policy_version") else []),
            ("learner", self._learner_text(learner, now_s)),
            ("disk", self._disk_text(policy)),
        ]

    def _robot_text(self, now_s: float) -> str:
        if self._gate is None:
            return "not heard yet"
        silent = "" if self._is_fresh("gate", now_s) else ", the gate is silent"
        return f"{self._gate.state}: {self._gate.cause}{silent}"

    def _learner_text(self, learner: Mapping[str, Any], now_s: float) -> str:
        if link := self._told.get("link"):
            return self._link_text(link, now_s)
        if not learner:
            return "not heard yet"
        if learner.get("ended"):
            return f"learning has ended: {learner['ended']}"
        if not self._is_fresh("learner_state", now_s):
            return "silent; the robot goes on, and nothing is lost"
        return updates_text(learner)

    def _link_text(self, link: Mapping[str, Any], now_s: float) -> str:
        if not self._is_fresh("link", now_s):
            return "the link is silent; the robot goes on, and nothing is lost"
        if link["connected"] == "True":
            return f"at {link['learner']}, {float(link['lag_s']):.0f} s behind"
        text = f"no link to {link['learner']}; {float(link['spooled_mb']):.1f} MB wait here"
        return f"{text}; {link['trouble']}" if link["trouble"] else text

    def _disk_text(self, policy: Mapping[str, Any]) -> str:
        return ", ".join([free_text(self._run_dir), *lost_words(policy)])

    def _is_fresh(self, name: str, now_s: float) -> bool:
        return now_s - self._heard_s.get(name, -STALE_S) < STALE_S

    def _on_safety_state(self, message: String) -> None:
        self._gate = read_state(message) or self._gate

    def _on_report(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = {item.key: item.value for item in status.values}
            who = "link" if status.name == LINK else "gate" if "state" in values else ""
            if who:
                self._told[who] = values
                self._heard_s[who] = time.monotonic()

    def _take(self, name: str, message: String) -> None:
        if len(message.data) > MAX_STATE_BYTES:
            return
        try:
            values = json.loads(message.data)
        except (ValueError, RecursionError):
            return
        if isinstance(values, dict):
            self._told[name] = values
            self._heard_s[name] = time.monotonic()
