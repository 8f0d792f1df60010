"""One joint at a time, slowly, while a key is held: proposals for the gate, which stays between."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rl_agent.spec import ControllerType, JointSpec, RobotSpec
from rl_agent.types import Array, Command


@dataclass(frozen=True, kw_only=True)
class JogConfig:
    """How slowly, and how soon it ends."""

    speed_share: float = 0.05
    """Of a joint's velocity limit."""
    deadman_s: float = 0.3
    """Without a key for this long the joint stops."""

    def __post_init__(self) -> None:
        if not 0.0 < self.speed_share <= 0.05:
            raise ValueError(f"speed_share: expected (0, 0.05], got {self.speed_share}")
        if not 0.05 <= self.deadman_s <= 0.5:
            raise ValueError(f"deadman_s: expected 0.05 to 0.5, got {self.deadman_s}")


class Jogger:
    """Turns held keys into proposals; all other joints are held where they are."""

    def __init__(self, spec: RobotSpec, config: JogConfig | None = None) -> None:
        self._spec = spec
        self._config = config or JogConfig()
        self._joint = 0
        self._direction = 0
        self._pressed_s = -math.inf
        self._hold: Array | None = None
        self._reach: float | None = None
        self._was_moving = False
        self._is_armed_anew = False

    @property
    def joint(self) -> JointSpec:
        """The joint that moves."""
        return self._spec.command_joints[self._joint]

    @property
    def index(self) -> int:
        """Where it stands among the command joints."""
        return self._joint

    @property
    def speed(self) -> float:
        """How fast it moves [rad/s or m/s]."""
        return self._config.speed_share * self.joint.max_velocity

    def select(self, index: int) -> bool:
        """Choose a command joint, stopping the one before; False where there is none."""
        if not 0 <= index < len(self._spec.command_joints):
            return False
        self.release()
        self._joint = index
        self._reach = None
        return True

    def press(self, direction: int, now_s: float) -> None:
        """Take in that a key is down: +1 or -1; it counts for `deadman_s`."""
        self._direction = 1 if direction > 0 else -1
        self._pressed_s = now_s

    def release(self) -> None:
        """Take in that no key is down any more."""
        self._pressed_s = -math.inf

    def go_no_further_than(self, position: float | None) -> None:
        """Stop at this position [rad or m] even while a key is held; None: only limits stop it."""
        self._reach = position

    def is_moving(self, now_s: float) -> bool:
        """Tell whether a key is down."""
        return 0.0 <= now_s - self._pressed_s < self._config.deadman_s

    def follow(self, position: Array) -> None:
        """Start anew from (num_commands,) [rad or m]: nobody commands the robot."""
        self._hold = np.array(position, dtype=np.float64)
        self._is_armed_anew = True
        self.release()
        self._was_moving = False

    def propose(self, now_s: float, applied: Command) -> Command:
        """Return where to be one policy period from now.

        Args:
            now_s: Steady clock [s].
            applied: The gate's newest command; motion goes on from there, so that a limit that
                bites is never wound up against.
        """
        if self._hold is None or self._is_armed_anew:
            # The gate began where it measured the robot; holding an earlier reading would move it.
            self._hold = np.array(applied.position, dtype=np.float64)
            self._is_armed_anew = False
        velocity = np.zeros_like(self._hold)
        if self.is_moving(now_s):
            start = float(applied.position[self._joint])
            step = self._direction * self.speed * self._spec.policy_period_s
            target = self._within(start, start + step)
            self._hold[self._joint] = target
            # A joint that arrives within the period arrives at rest.
            velocity[self._joint] = (target - start) / self._spec.policy_period_s
            if not math.isclose(target, start + step, abs_tol=1e-12):
                velocity[self._joint] = 0.0
        elif self._was_moving and self._follows_velocity:
            # A velocity controller's reference is where it is: going back would be a motion.
            self._hold[self._joint] = applied.position[self._joint]
        self._was_moving = self.is_moving(now_s)
        return Command(position=self._hold.copy(), velocity=velocity)

    @property
    def _follows_velocity(self) -> bool:
        return self._spec.controller.type is ControllerType.FORWARD_VELOCITY

    def _within(self, start: float, target: float) -> float:
        """Return the target inside the soft limits and what was asked for; outside, only inward."""
        joint = self.joint
        lower, upper = joint.lower + joint.margin, joint.upper - joint.margin
        if self._reach is not None:
            if self._direction > 0:
                upper = min(upper, self._reach)
            else:
                lower = max(lower, self._reach)
        if self._direction > 0:
            return max(start, min(target, upper))
        return min(start, max(target, lower))
