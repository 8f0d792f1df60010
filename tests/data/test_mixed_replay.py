import numpy as np
import pytest
from transitions import LAYOUT, transition

from rl_agent.data.mixed_replay import MixedReplay
from rl_agent.data.priorities import Priorities
from rl_agent.data.replay_buffer import ReplayBuffer

SHOWN = 1000  # steps of the demonstrations begin here


def buffer(first, num_rows=8, **changes):
    replay = ReplayBuffer(LAYOUT, 16, gamma=0.5, **changes)
    for index in range(first, first + num_rows):
        replay.add(transition(index))
    return replay


def mixed(share=0.5, digest="a", **changes):
    return MixedReplay(buffer(0, **changes), buffer(SHOWN), share=share, digest=digest)


def by_priority():
    return Priorities(16, priority_exponent=1.0, importance_exponent=0.4, importance_steps=100)


@pytest.mark.parametrize("share", [0.5, 0.25, 0.1])
def test_every_part_of_a_batch_has_its_share_of_demonstrations(share):
    batch = mixed(share).sample(400, np.random.default_rng(0))
    counts = [int((part.obs[:, 0] >= SHOWN).sum()) for part in batch.split(10)]
    assert counts == [40 * share] * 10


def test_rows_of_both_are_whole():
    batch = mixed().sample(200, np.random.default_rng(0))
    step = batch.obs[:, 0]
    assert set(step) == {*range(8), *range(SHOWN, SHOWN + 8)}
    assert np.array_equal(batch.next_obs[:, 0], step + 1)
    assert np.array_equal(batch.reward, step)
    assert (batch.weight, batch.index) == (None, None)


def test_new_experience_goes_to_its_own_side():
    replay = mixed()
    replay.add(transition(8))
    replay.add(transition(9, reward=float("nan")))
    assert (len(replay), replay.num_quarantined) == (9, 1)
    assert len(replay.demonstrations) == 8
    replay.clear()
    assert (len(replay), len(replay.demonstrations)) == (0, 8)


def test_demonstrations_have_full_weight_and_no_priority():
    replay = mixed(priorities=by_priority())
    batch = replay.sample(32, np.random.default_rng(0))
    is_shown = batch.obs[:, 0] >= SHOWN
    assert np.array_equal(batch.index == -1, is_shown)
    assert (batch.weight[is_shown] == 1.0).all()
    error = np.where(batch.index == 5, 1.0, 0.0).astype(np.float32)
    replay.update_priorities(batch.index, np.where(is_shown, 9.0, error).astype(np.float32))
    again = replay.sample(32, np.random.default_rng(1))
    assert set(again.obs[again.index >= 0, 0]) == {5.0}


def test_other_demonstrations_than_before_are_told():
    state = mixed(priorities=by_priority()).get_state()
    assert mixed(priorities=by_priority()).set_state(state) == ""
    assert "others" in mixed(digest="b", priorities=by_priority()).set_state(state)
    assert "no demonstrations before" in mixed().set_state(None)
