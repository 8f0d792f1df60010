"""The action mapper that a profile asks for."""

from __future__ import annotations

from rl_agent.interface.action import ActionMapper
from rl_agent.interface.offset_action import OffsetMapper
from rl_agent.spec import RobotSpec


def make_mapper(spec: RobotSpec) -> ActionMapper:
    """Return it: offsets from home where the profile has them, speeds otherwise."""
    return OffsetMapper(spec) if spec.action.offset else ActionMapper(spec)
