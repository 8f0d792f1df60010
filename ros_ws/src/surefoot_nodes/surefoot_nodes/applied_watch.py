"""What the gate commands at present, for who proposes: the newest `applied_command`."""

from __future__ import annotations

from rclpy.node import Node
from sensor_msgs.msg import JointState

from rl_agent.clock import Clock, SteadyClock
from rl_agent.interface.applied_sum import AppliedSum
from rl_agent.types import Command, SafetyState, Source

from . import qos
from .conversions import AppliedTags, CommandCodec, MessageError, read_tags


class AppliedWatch:
    """Subscribes `applied_command` and keeps the newest one."""

    def __init__(
        self,
        node: Node,
        commands: CommandCodec,
        max_age_s: float,
        applied_sum: AppliedSum | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Listen on `node`.

        Args:
            node: Of an executor that is spun.
            commands: Reads the messages.
            max_age_s: An older command says nothing about where the robot is held [s].
            applied_sum: Takes in what the gate did about the policy's proposals; None for nobody.
            clock: Tells how old a command is.
        """
        self._commands = commands
        self._clock = clock or SteadyClock()
        self._max_age_s = max_age_s
        self._logger = node.get_logger()
        self._newest: Command | None = None
        self._received_s = float("-inf")
        self._sum = applied_sum
        node.create_subscription(JointState, "applied_command", self._on_message, qos.COMMANDS)

    @property
    def newest(self) -> Command | None:
        """The newest command; None where there is none, or it is too old."""
        is_fresh = self._clock.now() - self._received_s <= self._max_age_s
        return self._newest if is_fresh else None

    def forget(self) -> None:
        """Drop what was heard."""
        self._newest = None
        if self._sum is not None:
            self._sum.forget()

    def _on_message(self, message: JointState) -> None:
        try:
            command, stamp_s = self._commands.read(message)
        except MessageError as error:
            self._logger.warning(f"applied_command {error}", throttle_duration_sec=2.0)
            return
        self._newest, self._received_s = command, self._clock.now()
        tags = read_tags(message.header.frame_id)
        if self._sum is not None and tags is not None:
            _add(self._sum, stamp_s, command, tags)


def _add(applied: AppliedSum, stamp_s: float, command: Command, tags: AppliedTags) -> None:
    is_armed = tags.state == SafetyState.ARMED
    if is_armed and tags.source == Source.POLICY:
        applied.note(stamp_s, command, tags.reasons, tags.shares)
    elif is_armed and tags.source == Source.HUMAN:
        applied.note_human(command, tags.reasons, tags.shares)
    elif is_armed and not tags.source:
        applied.note_braking(command, tags.reasons, tags.shares)
    # A stop ends the episode anyway, and what brought it about is to be kept.
    elif tags.state != SafetyState.STOPPED:
        applied.note_others()
