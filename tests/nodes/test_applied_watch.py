"""What the gate tells of each tick, and of which periods a policy may learn."""

from types import SimpleNamespace

import numpy as np
import pytest

from rl_agent.interface.applied_sum import AppliedSum
from rl_agent.robots.profile import load_robot
from rl_agent.types import Command, Reason
from surefoot_nodes.applied_watch import AppliedWatch
from surefoot_nodes.conversions import CommandCodec
from surefoot_nodes.stamps import StampScale

SPEC = load_robot("so101")
CODEC = CommandCodec(SPEC, StampScale())
NUM_JOINTS = len(SPEC.command_names)
POLICY, HUMAN = ("policy", "ARMED"), ("human", "ARMED")


@pytest.fixture
def hear():
    """Feed an `AppliedSum` with ticks of (source, state); return what became of their proposal."""
    heard = []
    node = SimpleNamespace(
        get_logger=lambda: None,
        create_subscription=lambda kind, topic, callback, qos: heard.append(callback),
    )
    applied = AppliedSum()
    AppliedWatch(node, CODEC, 0.1, applied)

    def feed(*ticks):
        for tick, (source, state) in enumerate(ticks):
            command = Command(np.full(NUM_JOINTS, 0.1 * tick), np.zeros(NUM_JOINTS))
            tags = f"tick={tick};reasons={1 << tick};source={source};state={state};shares=0,0,0"
            heard[0](CODEC.write(command, 1.0, tags))
        return applied.take(1.0)

    return feed


@pytest.mark.parametrize("other", [("mpc", "ARMED"), ("", "HOLD"), ("", "UNARMED")])
def test_one_tick_of_the_policy_and_four_of_somebody_elses_are_no_step(hear, other):
    assert hear(POLICY, *[other] * 4) is None
    assert hear(*[other] * 4, POLICY) is None
    assert hear(POLICY, POLICY) is not None


def test_all_that_the_gate_did_about_a_proposal_is_told(hear):
    period = hear(POLICY, ("", "ARMED"), POLICY, ("", "STOPPED"))
    assert int(period.reasons) == 0b111
    assert period.command.position[0] == pytest.approx(0.2)


@pytest.mark.parametrize("ticks", [(POLICY, HUMAN), (HUMAN, POLICY), (HUMAN, HUMAN)])
def test_what_a_person_does_is_told_as_theirs(hear, ticks):
    period = hear(*ticks)
    assert int(period.reasons) == 0b11 | Reason.HUMAN
    assert period.command.position[0] == pytest.approx(0.1)


@pytest.mark.parametrize("state", ["HOLD", "UNARMED"])
def test_a_person_who_is_held_makes_no_step(hear, state):
    assert hear(POLICY, HUMAN, ("human", state)) is None
