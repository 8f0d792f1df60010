"""A gate that is saved and restored goes on bit by bit, as the twin's checkpoints need."""

import json

import numpy as np
import pytest
from safety_rig import Rig, so101, velocity_rail

from rl_agent.safety.gate import Gate


def as_json(value):
    """The same state after a journey through JSON, which turns arrays into lists of numbers."""
    return json.loads(json.dumps(value, default=lambda array: array.tolist()))


def wander(rig, rng, steps):
    """Random proposals with gaps and refusals; returns what the gate answered."""
    answers = []
    for _ in range(steps):
        if rng.random() < 0.8:
            offset = rng.uniform(-0.3, 0.3, rig.num_commands)
            end = rig.position[rig.index] + offset
            answers.append(int(rig.propose(end, rng.uniform(-1.0, 1.0))))
        for _ in range(int(rng.integers(1, 8))):
            output = rig.tick(measure=rng.random() < 0.95)
            answers.append([output.tick, str(output.state), int(output.reasons), output.stamp_s])
            answers.append(sorted((int(r), share) for r, share in output.shares.items()))
            if output.command is not None:
                answers.append(output.command.position.tolist())
                answers.append(output.command.velocity.tolist())
    answers.append(rig.gate.diagnostics())
    return answers


def twin_of(rig, state):
    other = Rig(rig.spec, rig.clock.now())
    other.gate = Gate(rig.spec, other.clock)
    other.gate.set_state(state)
    other.position, other.velocity = rig.position.copy(), rig.velocity.copy()
    return other


@pytest.mark.parametrize("spec", [so101(), so101(start_ramp_s=1.0), velocity_rail()])
@pytest.mark.parametrize("steps", [0, 1, 7, 40])
def test_a_restored_gate_goes_on_bit_by_bit(spec, steps):
    rig = Rig(spec)
    rig.arm()
    wander(rig, np.random.default_rng(steps), steps)
    other = twin_of(rig, as_json(rig.gate.get_state()))
    assert wander(rig, np.random.default_rng(1), 30) == wander(other, np.random.default_rng(1), 30)


def test_a_proposal_that_waits_for_its_first_tick_is_restored_too():
    rig = Rig(so101())
    rig.move()
    rig.propose(rig.position + 0.1)
    other = twin_of(rig, as_json(rig.gate.get_state()))
    np.testing.assert_array_equal(rig.tick().command.position, other.tick().command.position)


@pytest.mark.parametrize("ticks", [1, 2, 3, 4, 6])
def test_a_segment_that_was_begun_is_gone_on_with(ticks):
    rig = Rig(so101())
    rig.move()
    rig.propose(rig.position + 0.03, 0.5)
    rig.tick(ticks)
    other = twin_of(rig, as_json(rig.gate.get_state()))
    for _ in range(6):
        mine, restored = rig.tick().command, other.tick().command
        np.testing.assert_array_equal(mine.position, restored.position)
        np.testing.assert_array_equal(mine.velocity, restored.velocity)


def test_saving_does_not_share_memory_with_the_gate():
    rig = Rig(so101())
    rig.move()
    state = rig.gate.get_state()
    saved = as_json(state)
    rig.follow(rig.position + 0.1)
    assert as_json(state) == saved


def test_a_fresh_gate_can_be_saved():
    state = as_json(Rig(so101()).gate.get_state())
    other = Rig(so101())
    other.gate.set_state(state)
    assert as_json(other.gate.get_state()) == state
