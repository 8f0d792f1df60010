import numpy as np

from rl_agent.robots.profile import load_robot
from rl_agent.types import SafetyState
from surefoot_nodes.faults.bare_gate import BareGate


def test_it_follows_stops_and_is_armed_again():
    bare = BareGate(load_robot("so101"))
    bare.arm()
    target = bare.position[bare.index] + 0.2
    for tick in range(100):
        if tick % 5 == 0:
            bare.propose(target, np.zeros(len(target)))
        bare.tick()
    np.testing.assert_allclose(bare.position[bare.index], target, atol=1e-6)
    bare.gate.estop("enough")
    bare.tick()
    assert bare.gate.state is SafetyState.STOPPED
    bare.rest()
    bare.arm()
    assert bare.gate.state is not SafetyState.STOPPED
    assert len(bare.trace().ticks) == 101
