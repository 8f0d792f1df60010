"""What `surefoot robot jog` does."""

from __future__ import annotations

from rl_agent.commissioning.jogger import JogConfig, Jogger
from rl_agent.spec import RobotSpec

from .jog_pad import HELP, JogPad
from .keyboard import raw_keys
from .operator_link import OperatorLink
from .operator_session import OperatorSession


def jog(spec: RobotSpec, session: OperatorSession) -> int:
    """Let a human move one joint at a time, until `q`.

    Raises:
        GraphError: No readings or no gate.
    """
    link = OperatorLink(spec, session)
    link.wait_until_ready(needs_gate=True)
    for number, joint in enumerate(spec.command_joints, start=1):
        print(f"  {number} {joint.name}")
    print(HELP, flush=True)
    config = JogConfig()
    with link.slow(config.speed_share), raw_keys() as keys:
        pad = JogPad(spec, link, keys, Jogger(spec, config))
        try:
            pad.run()
        finally:
            pad.disarm()
    return 0
