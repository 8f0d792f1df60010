"""Quality of service per kind of topic. What two ends must agree on stands here once."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def _profile(
    depth: int,
    reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE,
    durability: DurabilityPolicy = DurabilityPolicy.VOLATILE,
) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=reliability,
        durability=durability,
    )


STATES_OUT = _profile(10)
"""joint_states as drivers publish it: anyone can listen, reliably or not."""
STATES_IN = _profile(5, ReliabilityPolicy.BEST_EFFORT)
"""For control: a reading that was lost is not worth waiting for."""
COMMANDS = _profile(5)
"""Proposals and applied commands: every one counts, an old one does not."""
CONTROLLER = _profile(1)
"""To ros2_control's controllers, which subscribe reliably; only the newest command is of use."""
LATCHED = _profile(1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""goal and safety_state: who comes late gets the newest."""
REPORTS = _profile(10)
"""diagnostics."""
RECORDING = _profile(500)
"""A recorder loses nothing while the disk is busy."""
LOOKING_ON = _profile(500, ReliabilityPolicy.BEST_EFFORT)
"""A black box: nobody waits for it, and it takes messages in batches."""
LATCHED_HISTORY = _profile(50, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""Latched topics for who looks only now and then, and wants every change."""
