"""A network that asks for ten times as much is suspicious, also where the robot rests."""

import numpy as np
import pytest
from swap_rig import QUICK, FakePolicy

from rl_agent.deploy.gain import gain_objection
from rl_agent.deploy.hot_swap import HotSwap


# The golden observations have the norms 0, 1.41 and 1.12: the median mean is 1.12 / sqrt(2) times
# the gain, and the median ratio is that of the gains.
@pytest.mark.parametrize(
    ("candidate", "incumbent", "is_suspicious"),
    [
        (5.0, 0.5, True),
        (2.6, 0.5, True),
        (2.4, 0.5, False),  # 4.8 times: a learner may be quick
        (1.0, 0.1, False),  # 0.79 before the tanh: ten times almost nothing is a gentle action
        (0.5, 5.0, False),
    ],
)
def test_it_is_judged_by_ratio_and_size(candidate, incumbent, is_suspicious):
    found = gain_objection(FakePolicy(2, candidate), FakePolicy(1, incumbent))
    assert found.startswith("gain:" if is_suspicious else "") and bool(found) is is_suspicious


def test_failed_trials_raise_the_bound_and_who_is_silent_is_no_measure():
    assert not gain_objection(FakePolicy(2, 5.0), FakePolicy(1, 0.5), slack=2.0)
    silent = FakePolicy(1, 0.5)
    silent.says = "nothing"
    assert not gain_objection(FakePolicy(2, 5.0), silent)


def test_it_is_refused_although_the_robot_rests():
    events = []
    swap = HotSwap(QUICK, events.append)
    rest = np.array([0.01, 0.02], np.float32)
    swap.offer(FakePolicy(1, 0.5))
    while not swap.has_policy:
        swap.mean_log_std(rest)
    swap.offer(FakePolicy(2, 5.0))
    for _ in range(200):
        swap.mean_log_std(rest)
    assert swap.policy_version == 1
    assert [e.sentence for e in events if e.kind.value == "refused"] == [
        "gain: expected at most 5 times the incumbent, found 10.0"
    ]
