"""The link to a learner elsewhere as a process: steps go, versions come back: `LinkNode`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from rl_agent.remote.address import parse_address
from rl_agent.remote.journal_sender import SenderConfig
from rl_agent.remote.robot_link import LinkFolders, RobotLink
from rl_agent.remote.shared_key import SharedKey
from rl_agent.tasks.registry import make_task

from . import qos, realtime
from .gate_reports import value_text
from .node import GuardedNode, run

NAME = "link_node"
REPORT_S = 1.0
JOIN_S = 1.0
"""A node has two seconds to end."""


class LinkNode(GuardedNode):
    """Shell around `RobotLink`: it knows files and one port, so that it can move nothing.

    Publishes `diagnostics` once a second. Niced; what it does can wait, and while there is no
    network the journal on the robot's disk grows and is sent later. Started again after a death, it
    goes on by itself.
    """

    is_realtime = False
    is_background = True
    stands_back_late = True

    def __init__(self) -> None:
        super().__init__(NAME)
        self._link: RobotLink | None = None

    def configure(self) -> None:
        """Look at robot, task, address and key."""
        from sim.kinematics import kinematics_for

        self._spec = spec = self.load_spec()
        self._task = make_task(self.values["task"], spec, kinematics_for(spec))
        self._make_link()  # whatever is wrong is told now
        io = self.make_io()
        self._publisher = io.create_publisher(DiagnosticArray, "diagnostics", qos.REPORTS)

    def activate(self) -> None:
        """Connect, and go on doing so."""
        realtime.stand_back()
        self._link = self._make_link()
        self._link.start()
        self._timer = self.every(REPORT_S, self._report)

    def deactivate(self) -> None:
        """Let go of the learner."""
        if self._link is not None:
            self.destroy_timer(self._timer)
            self._link.close(JOIN_S)
            self._link = None

    def cleanup(self) -> None:
        """End it."""
        self.deactivate()

    def _make_link(self) -> RobotLink:
        values = self.values
        address = parse_address(values["learner"], "learner")
        store = Path(values["store"])
        return RobotLink(
            LinkFolders(journal=Path(values["journal"]), store=store, inbox=store / ".arriving"),
            self._spec,
            self._task,
            SenderConfig(robot_id=values["robot_id"], host=address.host, port=address.port),
            SharedKey.load(Path(values["key"])) if values["key"] else None,
            keep_versions=values["keep_versions"],
            on_message=self.get_logger().warning,
        )

    def _report(self) -> None:
        if self._link is not None:
            message = write_link(self._link.state(), self.values["learner"])
            message.header.stamp = self.get_clock().now().to_msg()
            self._publisher.publish(message)


def write_link(state: Mapping[str, bool | int | float | str], where: str) -> DiagnosticArray:
    """Return the message of diagnostics, its stamp left at 0."""
    is_connected = state["connected"]
    level = DiagnosticStatus.OK if is_connected else DiagnosticStatus.WARN
    status = DiagnosticStatus(level=level, name=NAME, hardware_id="surefoot")
    status.message = f"connected to {where}" if is_connected else f"no link to {where}"
    if state["trouble"]:
        status.message += f": {state['trouble']}"
    values = {"learner": where, **state}
    status.values = [KeyValue(key=key, value=value_text(value)) for key, value in values.items()]
    return DiagnosticArray(status=[status])


def main() -> int:
    """Run the process."""
    return run(LinkNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
