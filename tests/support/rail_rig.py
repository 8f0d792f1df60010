"""Short ways to get the rail going: v_max 1, a 10 (0.1 a tick), brake 20 (0.2 a tick)."""

import pytest

from rl_agent.types import SafetyState


def cause(rig):
    """Why the state last changed, in words."""
    return rig.gate.diagnostics()["cause"]


def count(rig, name):
    """How often that happened."""
    return rig.gate.diagnostics().get(name, 0)


def stand_armed(rig):
    """Armed at rest, following a proposal to stay."""
    rig.arm()
    rig.follow(0.0)
    assert rig.gate.state is SafetyState.ARMED and not rig.outputs[-1].command.velocity.any()


def run_at(rig, speed):
    """Armed and moving; far proposals make every tick faster by 0.1."""
    rig.arm()
    for tick in range(round(10 * speed)):
        if tick % 5 == 0:
            rig.propose(0.9)
        output = rig.tick()
    assert output.command.velocity == pytest.approx([speed])
    assert rig.gate.state is SafetyState.ARMED
