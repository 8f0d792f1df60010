"""Lock-step with a twin: its time stands still until everybody has done their part of a round.

For twins on the loopback interface alone: a robot waits for nobody. See `rounds` for the protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rl_agent.clock import ManualClock
from rl_agent.exceptions import GraphError
from rl_agent.spec import RobotSpec

from .endpoints import Suspicion, publishers, subscribers, without
from .environment import is_on_loopback
from .lockstep_io import LockstepIo
from .lockstep_thread import LockstepThread
from .pace import Loop
from .pacing import EveryRound, GatePacer
from .parameter_tables import OBSERVERS
from .rounds import Rounds

if TYPE_CHECKING:
    from .node import GuardedNode

TWIN = "twin_node"


class Lockstep:
    """The `Pace` of a node that takes part."""

    def __init__(self, node: GuardedNode, participants: Sequence[str]) -> None:
        """Take part.

        Args:
            node: It must have a part to play, see `rounds.PARTS`.
            participants: The names of all.

        Raises:
            GraphError: This may be a robot.
        """
        if TWIN not in participants or not is_on_loopback():
            raise GraphError(
                "lock-step is for a twin on this machine alone, a robot waits for nobody; "
                "`surefoot up twin --lockstep` starts one"
            )
        self._node = node
        self._participants = tuple(participants)
        self._clock = ManualClock()
        self.clock = self._clock
        self._suspicion = Suspicion()
        self._loop: LockstepThread | None = None

    def make_io(self, name: str, **kwargs: Any) -> LockstepIo:
        """Return a node whose messages are taken in by rounds."""
        spec = self._node.load_spec()
        self._clock.set(0.0)
        self._rounds = Rounds(
            self._node.get_name(), self._participants, spec.policy_period_s, spec.gate_period_s
        )
        self._io = LockstepIo(name, self._rounds, **kwargs)
        return self._io

    def start_loop(
        self, deadline_s: Callable[[], float], on_deadline: Callable[[float], None]
    ) -> Loop:
        """Start to play rounds; see `LockstepThread`."""
        self._loop = LockstepThread(self._node, self._io, self._rounds, self._clock)
        self._loop.start(deadline_s, on_deadline)
        return self._loop

    def make_pacer(self, spec: RobotSpec) -> GatePacer:
        """Tick once a round."""
        del spec
        return EveryRound()

    def state_period_s(self, spec: RobotSpec) -> float:
        """Return the gate's: it ticks once per state."""
        return spec.gate_period_s

    def delays_s(self, spec: RobotSpec) -> tuple[float, float]:
        """Return the profile's delays, both on the way of a command: as in the environment."""
        return 0.0, (spec.twin.observation_delay_ms + spec.twin.action_delay_ms) / 1e3

    def every(self, period_s: float, callback: Callable[[], None]) -> Any:
        """Call back in each of the node's rounds."""
        del period_s
        self._node.start_loop(self.clock.now, lambda now_s: callback())

    def drain(self) -> None:
        """Do nothing: what a round brings was taken in."""

    def obstacle(self) -> str:
        """Arming at another time than when all wait for it could not be repeated."""
        has_stood = self._loop is not None and self._loop.has_stood_still
        return "" if has_stood else "lock-step lets the robot settle first; try again"

    def strangers(self, controller: str) -> str:
        """Return in words who drives or states besides the twin: that may be a robot."""
        io = f"{TWIN}_io"
        drivers = without(publishers(self._io, "joint_states"), [io])
        # Twice: one that was killed and started again is heard of under both lives for a while.
        listeners = without(subscribers(self._io, controller), [io, *2 * OBSERVERS])
        if not self._suspicion.is_sure([*drivers, *listeners]):
            return ""
        found = ", ".join(dict.fromkeys([*drivers, *listeners]))
        return f"lock-step is for a twin alone, and {found} may be a robot's"
