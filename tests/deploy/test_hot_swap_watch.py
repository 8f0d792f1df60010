"""What happens to versions that act: worse ones give way, and no learner is locked out."""

import numpy as np
import pytest
from swap_rig import FakePolicy, SwapRig, obs_at, step

from rl_agent.deploy.swap_watch import Finding, SwapWatch, WatchConfig
from rl_agent.types import Reason

WATCH = WatchConfig(block_ticks=2, usual_blocks=3, return_blocks=2, reference_blocks=4)


@pytest.fixture
def acting():
    """A rig whose version 1 acts, is trusted and has a full reference."""
    rig = SwapRig()
    rig.bring_in(FakePolicy(1))
    rig.run(40)
    rig.events.clear()
    return rig


def test_a_version_that_is_not_worse_is_trusted(acting):
    acting.bring_in(FakePolicy(2))
    acting.run(13)  # one transition is skipped, then three blocks of four
    assert acting.told()[-1] == ("trusted", 2)
    assert acting.events[-1].statistics["reward"] == 1.0


@pytest.mark.parametrize(
    ("figures", "name"),
    [
        # Before: limited 0, change 0, rough 0.1. Limits: 0 + 0.3; 3 x 0 + 0.15; 2 x 0.1 + 0.2.
        ({"limited": 0.1}, "limited"),
        ({"limited": 0.16}, "limited"),
        ({"rough": 0.41}, "rough"),
    ],
)
def test_worse_driving_is_rolled_back_within_a_block(acting, figures, name):
    acting.bring_in(FakePolicy(2))
    acting.run(4, **figures)
    assert acting.swap.policy_version == 2
    acting.run(1, **figures)
    assert acting.told()[-1] == ("rolled_back", 2) and acting.swap.policy_version == 1
    assert acting.events[-1].sentence.startswith(name)
    acting.run(40)
    assert acting.told()[-1] == ("rolled_back", 2)  # version 1 goes on


@pytest.mark.parametrize("figures", [{"limited": 0.015}, {"rough": 0.39}])
def test_slightly_other_driving_is_not(acting, figures):
    acting.bring_in(FakePolicy(2))
    acting.run(40, **figures)
    assert ("trusted", 2) in acting.told() and acting.swap.policy_version == 2


def test_the_gates_own_wishes_do_not_count():
    watch = SwapWatch(WATCH)
    for _ in range(8):
        watch.note(step())
    watch.promote()
    slowed = step(limited=0.0)
    slowed = type(slowed)(
        **{**vars(slowed), "reasons": int(Reason.START_RAMP | Reason.SPEED_SCALE)}
    )
    verdicts = [watch.note(slowed) for _ in range(4)]
    assert [v.finding for v in verdicts if v is not None] == [Finding.TRUSTED]


def test_roll_backs_go_down_to_the_last_good_version(acting):
    for version in (2, 3, 4):
        acting.bring_in(FakePolicy(version))
    acting.run(6, rough=1.0)
    assert acting.swap.policy_version == 3
    acting.run(40, rough=1.9)  # the bounds have doubled
    assert acting.swap.policy_version == 1
    rolled_back = [version for kind, version in acting.told() if kind == "rolled_back"]
    assert rolled_back == [4, 3, 2]
    acting.bring_in(FakePolicy(5))


def test_a_lower_return_is_rolled_back_once_there_are_blocks_enough(acting):
    acting.bring_in(FakePolicy(2))
    acting.run(12, reward=0.5)
    assert acting.swap.policy_version == 2
    acting.run(1, reward=0.5)
    assert acting.told()[-1] == ("rolled_back", 2)
    assert acting.events[-1].sentence.startswith("reward per tick: expected at least 1 within")
    acting.run(60, reward=0.5)  # the world has changed, and version 1 is not to blame
    assert acting.swap.policy_version == 1
    acting.bring_in(FakePolicy(3))
    acting.run(40, reward=0.5)
    assert acting.told()[-1] == ("trusted", 3)


def test_versions_that_come_too_fast_to_tell_apart_are_judged_together(acting):
    acting.bring_in(FakePolicy(2))
    acting.run(5, reward=0.5)
    acting.swap.offer(FakePolicy(3))
    for _ in range(60):
        acting.run(1, reward=0.5)
    assert acting.told()[-2:] == [("rolled_back", 3), ("rolled_back", 2)]
    assert acting.swap.policy_version == 1


def test_a_return_is_compared_with_its_scatter():
    # Reference blocks 1, 2, 3, 4 (mean 2.5, variance 5/3), two new ones of equal value x: the
    # error of the difference is sqrt(5/3/4) = 0.645; 4 of them are 2.58, so x counts as worse
    # below -0.082.
    for value, finding in ((-0.05, Finding.TRUSTED), (-0.11, Finding.WORSE_RETURN)):
        watch = SwapWatch(WATCH)
        for reward in (1.0, 2.0, 3.0, 4.0):
            for _ in range(2):
                watch.note(step(reward), is_alone=True)
        watch.promote()
        verdicts = [watch.note(step(value)) for _ in range(4)]
        assert verdicts[:3] == [None] * 3 and verdicts[3].finding is finding
        if finding is Finding.WORSE_RETURN:
            assert verdicts[3].statistics["standard_error"] == pytest.approx(0.6455, abs=1e-4)


def test_constant_rewards_make_no_trifle_significant():
    for value, finding in ((0.95, Finding.TRUSTED), (0.85, Finding.WORSE_RETURN)):
        watch = SwapWatch(WATCH)
        for _ in range(8):
            watch.note(step(1.0), is_alone=True)
        watch.promote()
        assert [watch.note(step(value)) for _ in range(4)][-1].finding is finding


def test_transitions_with_numbers_that_are_none_are_left_out():
    watch = SwapWatch(WATCH)
    for reward in (float("nan"), 1.0, float("inf")):
        assert watch.note(step(reward)) is None
    # Of a block's two transitions one was counted.
    assert watch.num_blocks == 0
    watch.note(step(1.0))
    assert watch.num_blocks == 1


def test_scaled_outputs_are_refused_in_shadow(acting):
    # tanh(mean) saturates where |0.5 * 10 * obs| > 2.3, which is nearly everywhere.
    acting.swap.offer(FakePolicy(2, gain=5.0))
    acting.run(4)
    assert acting.told()[-1] == ("refused", 2)
    assert acting.events[-1].sentence.startswith("saturated")
    assert acting.events[-1].statistics["incumbent_saturated"] == 0.0


class Chattering(FakePolicy):
    """Jumps from one side to the other with each tick."""

    def _answer(self, obs):
        sign = 1.0 if getattr(self, "num_calls", 0) % 2 else -1.0
        mean, log_std = super()._answer(obs)
        return np.float32(sign) * np.float32(0.8) + 0.1 * mean, log_std


def test_chatter_is_refused_in_shadow(acting):
    acting.swap.offer(Chattering(2))
    acting.run(4)
    assert acting.events[-1].sentence.startswith("rough")
    assert acting.told()[-1] == ("refused", 2)


def test_after_three_suspicious_versions_the_next_one_goes_on_trial(acting):
    for version in (2, 3, 4):
        acting.swap.offer(FakePolicy(version, gain=5.0))
        acting.run(4)
        assert acting.told()[-1] == ("refused", version)
    acting.bring_in(FakePolicy(5, gain=5.0))
    blending = next(event for event in acting.events if event.kind == "blending")
    assert blending.sentence.startswith("on trial in spite of saturated")
    acting.run(5, rough=1.5)
    assert acting.told()[-1] == ("rolled_back", 5) and acting.swap.policy_version == 1


def test_a_way_of_driving_that_the_learner_insists_on_is_taken_in_the_end(acting):
    for version in range(2, 60):
        acting.swap.offer(FakePolicy(version, gain=5.0))
        for _ in range(16):
            # As rough and as limited as can be whenever anything but version 1 acts.
            is_new = acting.swap.policy_version > 1
            acting.run(1, rough=2.0 if is_new else 0.1, limited=1.0 if is_new else 0.0)
        if acting.told()[-1][0] == "trusted":
            break
    assert acting.told()[-1][0] == "trusted"
    assert version <= 20  # 3 refusals and 1 trial, with bounds that double each time


def test_a_learner_that_changes_quickly_is_followed(acting):
    # Means grow from nothing to saturation within a few versions, as they do early on.
    for version, gain in enumerate((0.6, 0.9, 1.4, 2.1, 3.2, 4.8), 2):
        acting.bring_in(FakePolicy(version, gain=gain))
        acting.run(6, reward=float(version))
    assert acting.swap.num_refused == acting.swap.num_rolled_back == 0


def test_without_transitions_learning_goes_on(acting):
    acting.swap.offer(FakePolicy(2))
    acting.run(8, notes=False)
    acting.swap.offer(FakePolicy(3))
    acting.run(16, notes=False)
    assert acting.swap.policy_version == 3


def test_a_version_acts_until_its_first_block_was_judged(acting):
    acting.bring_in(FakePolicy(2))
    acting.swap.offer(FakePolicy(3))
    acting.run(4)
    assert not acting.swap.is_blending  # one skipped and three noted: no block of four yet
    acting.run(1)
    assert acting.swap.is_blending


def test_a_fade_out_of_saturation_is_spent_where_it_shows(acting):
    for version in (2, 3, 4):
        acting.swap.offer(FakePolicy(version, gain=5.0))
        acting.run(4)
    acting.bring_in(FakePolicy(5, bias=1000.0))
    acting.swap.roll_back("test")
    mean, _ = acting.run(1)
    # From 3, where tanh is flat, and not from 1000: half way to the predecessor's.
    np.testing.assert_allclose(mean, 0.5 * (3.0 + 0.5 * obs_at(acting.swap.tick - 1)), atol=1e-5)
