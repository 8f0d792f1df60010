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

from . import qos
from .bringup import Bringup
from .gate_reports import MAX_STATE_BYTES, GateReport, read_state

LOOK_S = 0.5
LINK = "link_node"
STALE_S = 5.0
"""A process that has not been heard for so long is said to be silent."""


class LivePanel:
    """An `Onlooker` of the supervisor's: shows figures, and ends the graph when the time is over.

    Subscribes `safety_state`, `learner_state` and `policy_state` (transient local), `diagnostics`.
    """

    def __init__(self, display: Display, run_dir: Path, policy_hz: float, minutes: float) -> None:
        """Show on a display; `minutes` of robot time, 0 for no end."""
        self._display = display
        self._run_dir = run_dir
        self._policy_hz = policy_hz
        self._num_steps = round(60.0 * minutes * policy_hz)
        self._first_step: int | None = None
        self._gate: GateReport | None = None
        self._told: dict[str, dict[str, Any]] = {}
        self._heard_s: dict[str, float] = {}
        self._looked_s = 0.0

    def attach(self, node: Node, bringup: Bringup) -> None:
        """Listen."""
        del bringup
        node.create_subscription(String, "safety_state", self._on_safety_state, qos.LATCHED)
        node.create_subscription(DiagnosticArray, "diagnostics", self._on_report, qos.REPORTS)
        for name in ("learner_state", "policy_state"):
            node.create_subscription(
                String, name, lambda message, name=name: self._take(name, message), qos.LATCHED
            )

    def look(self) -> bool:
        """Show how things stand; return whether the time is over."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            share = self.num_steps / self._num_steps if self._num_steps else None
            self._display.show(self.rows(now_s), share)
        return 0 < self._num_steps <= self.num_steps

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
        link = self._told.get("link")
        # A learner elsewhere tells nothing here: then the robot's own count is shown.
        env_step = learner.get("env_step", policy.get("num_records", 0) if link else 0)
        lines = [
            ("robot", self._robot_text(now_s)),
            ("experience", f"{env_step} steps, {env_step / self._policy_hz / 60.0:.1f} min"),
            *([("episode", episode_text(learner))] if link is None else []),
            *([("falls", str(policy["num_falls"]))] if policy.get("num_falls") else []),
            ("version", _version_text(policy, link or learner)),
            *([("exploration", _exploration_text(policy))] if policy.get("policy_version") else []),
            ("learner", self._learner_text(learner, now_s)),
            ("disk", self._disk_text(policy)),
        ]
        if gate := self._told.get("gate"):
            lines.insert(1, ("limiter", _limiter_text(gate)))
        return lines

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
        text = free_text(self._run_dir)
        if policy.get("num_waiting", 0) > 1:
            text += f", {policy['num_waiting']} steps wait for it"
        if policy.get("num_lost", 0):
            text += f", {policy['num_lost']} STEPS LOST"
        return text

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


def _version_text(policy: Mapping[str, Any], learner: Mapping[str, Any]) -> str:
    version = policy.get("policy_version", 0)
    text = f"{version} acts" if version else "none yet: random actions"
    newest = int(learner.get("policy_version", 0))
    if newest > version:
        text += f", {newest} published"
    counts = [
        f"{policy[key]} {word}"
        for key, word in (("num_refused", "refused"), ("num_rolled_back", "rolled back"))
        if policy.get(key)
    ]
    return ", ".join([text, *counts])


def _exploration_text(policy: Mapping[str, Any]) -> str:
    share = 100.0 * policy.get("noise_scale", 1.0)
    return f"{share:.0f} % of the policy's noise" if share else "none: the task is met"


def _limiter_text(gate: Mapping[str, str]) -> str:
    rates = [
        f"{k.removesuffix('_hz')} {float(v):.0f} Hz" for k, v in gate.items() if k[-3:] == "_hz"
    ]
    return ", ".join(rates)
