import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from swap_rig import QUICK, FakePolicy, SwapRig, obs_at, step

from rl_agent.deploy.hot_swap import HotSwap
from rl_agent.deploy.swap_config import SwapConfig


@pytest.fixture
def rig():
    return SwapRig()


@pytest.fixture
def acting(rig):
    """A rig whose version 1 acts, is trusted and has a full reference."""
    rig.bring_in(FakePolicy(1))
    rig.run(40)
    rig.events.clear()
    return rig


def test_nobody_acts_until_the_first_version_was_examined(rig):
    assert rig.run(3) is None and not rig.swap.has_policy
    rig.swap.offer(FakePolicy(1))
    assert rig.run(3) is None and not rig.swap.has_policy
    assert rig.swap.candidate_version == 1
    rig.run(1)  # the fourth tick of four: examined, and acts from the next one on
    assert rig.swap.has_policy and rig.swap.policy_version == 1
    assert rig.run(1) is not None
    assert rig.told() == [("accepted", 1), ("promoted", 1)]
    assert rig.swap.bundle_hash == "hash-1"


def test_a_candidate_does_not_act_while_it_runs_in_shadow(acting):
    new = FakePolicy(2, bias=0.4)
    acting.swap.offer(new)
    mean, _ = acting.run(4)
    np.testing.assert_array_equal(mean, (0.5 * obs_at(acting.swap.tick - 1)).astype(np.float32))
    assert new.num_calls == 4 and acting.swap.is_blending


def test_a_blend_is_linear_before_the_tanh(acting):
    acting.swap.offer(FakePolicy(2, bias=0.4, log_std=-2.0))
    acting.run(4)
    for part in (0.25, 0.5, 0.75, 1.0):  # blend_ticks = 4
        expected = 0.5 * obs_at(acting.swap.tick) + part * 0.4
        mean, log_std = acting.run(1)
        np.testing.assert_allclose(mean, expected, atol=1e-6)
        np.testing.assert_allclose(log_std, -1.0 - part, atol=1e-6)
    assert acting.swap.policy_version == 2 and not acting.swap.is_blending
    assert acting.told() == [("accepted", 2), ("blending", 2), ("promoted", 2)]


def test_a_tick_costs_one_inference_and_two_only_while_a_version_changes(acting):
    old = FakePolicy(2)
    acting.bring_in(old)
    acting.run(8)
    calls, new = old.num_calls, FakePolicy(3)
    acting.run(5)
    assert old.num_calls == calls + 5 and new.num_calls == 0
    acting.bring_in(new)
    calls = old.num_calls, new.num_calls
    acting.run(5)
    assert (old.num_calls, new.num_calls) == (calls[0], calls[1] + 5)


def test_a_newer_version_takes_the_place_of_one_in_shadow(acting):
    acting.swap.offer(FakePolicy(2))
    acting.run(2)
    acting.swap.offer(FakePolicy(3))
    acting.run(8)
    assert acting.told() == [
        ("accepted", 2),
        ("replaced", 2),
        ("accepted", 3),
        ("blending", 3),
        ("promoted", 3),
    ]


def test_a_version_that_comes_during_a_blend_waits_and_the_newest_counts(acting):
    acting.swap.offer(FakePolicy(2))
    acting.run(5)
    assert acting.swap.is_blending
    acting.swap.offer(FakePolicy(3))
    acting.swap.offer(FakePolicy(4))
    assert acting.swap.candidate_version == 2
    acting.run(3)
    assert (acting.swap.policy_version, acting.swap.candidate_version) == (2, 4)
    assert ("replaced", 3) in acting.told() and ("promoted", 2) in acting.told()


def test_a_learner_that_publishes_every_tick_is_not_kept_out(acting):
    for version in range(2, 60):
        acting.swap.offer(FakePolicy(version))
        acting.run(1)
    assert acting.swap.num_promoted >= 4


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_that_does_not_rise_is_not_taken(acting, version):
    acting.bring_in(FakePolicy(2))
    assert acting.swap.offer(FakePolicy(version)) is False
    assert acting.events[-1].sentence == f"expected a version above 2, found {version}"
    assert acting.swap.bad_versions == frozenset()  # it may be the one that acts


def test_versions_known_to_be_bad_are_refused():
    rig = SwapRig(bad_versions=[7])
    assert rig.swap.offer(FakePolicy(7)) is False
    assert rig.swap.offer(FakePolicy(6)) is True
    assert rig.told() == [("refused", 7), ("accepted", 6)]


@pytest.mark.parametrize("says", ["nothing", "nan", "inf"])
def test_a_candidate_without_finite_output_is_refused_and_the_incumbent_acts_on(acting, says):
    bad = FakePolicy(2)
    bad.says = says
    acting.swap.offer(bad)
    assert acting.run(1) is not None
    assert acting.told() == [("accepted", 2), ("refused", 2)]
    assert acting.swap.num_refused == 1 and acting.swap.bad_versions == {2}
    acting.run(3)
    assert bad.num_calls == 1


def test_a_version_that_breaks_while_it_is_blended_in_is_dropped_at_once(acting):
    new = FakePolicy(2, bias=0.4)
    acting.swap.offer(new)
    acting.run(5)
    new.says = "nan"
    mean, _ = acting.run(1)
    np.testing.assert_array_equal(mean, (0.5 * obs_at(acting.swap.tick - 1)).astype(np.float32))
    assert acting.told()[-1] == ("rolled_back", 2) and acting.swap.policy_version == 1


def test_the_same_mean_for_all_golden_observations_is_refused_when_offered(acting):
    assert acting.swap.offer(FakePolicy(2, gain=0.0, bias=0.3)) is False
    assert "all its golden observations" in acting.events[-1].sentence
    assert acting.swap.candidate_version == 0


def test_a_mean_that_stands_still_in_shadow_is_refused(acting):
    frozen = FakePolicy(2)
    frozen.says = "constant"  # where the robot is, though not at its golden observations
    acting.swap.offer(frozen)
    acting.run(4)
    assert acting.told()[-1] == ("refused", 2)
    assert acting.events[-1].sentence.startswith("frozen")
    assert acting.events[-1].statistics["mean_range"] == 0.0


def test_a_bad_observation_is_nobodys_fault(acting):
    acting.swap.offer(FakePolicy(2))
    assert acting.swap.mean_log_std(np.full(2, np.nan, np.float32)) is None
    assert acting.told() == [("accepted", 2)]
    assert (acting.swap.policy_version, acting.swap.num_silent) == (1, 0)


def test_an_incumbent_that_breaks_gives_way_in_the_same_tick(acting):
    broken = acting.bring_in(FakePolicy(2, bias=0.4))
    broken.says = "nan"
    mean, _ = acting.run(1)
    np.testing.assert_array_equal(mean, (0.5 * obs_at(acting.swap.tick - 1)).astype(np.float32))
    assert acting.swap.policy_version == 1 and acting.told()[-1] == ("rolled_back", 2)
    assert acting.swap.offer(broken) is False


def test_several_broken_versions_give_way_to_the_last_one_that_works(acting):
    broken = [acting.bring_in(FakePolicy(version)) for version in (2, 3)]
    for policy in broken:
        policy.says = "nothing"
    assert acting.run(1) is not None
    assert acting.told()[-2:] == [("rolled_back", 3), ("rolled_back", 2)]
    assert acting.swap.policy_version == 1


def test_where_no_version_answers_none_is_blamed_and_the_next_one_takes_over(rig):
    only = rig.bring_in(FakePolicy(1))
    only.says = "nothing"
    assert rig.run(3) is None
    assert rig.swap.num_silent == 3 and rig.swap.policy_version == 1
    rig.bring_in(FakePolicy(2))
    assert rig.run(1) is not None


def test_a_roll_back_fades_without_a_step(acting):
    acting.bring_in(FakePolicy(2, bias=0.4))
    before, _ = acting.run(1)
    assert acting.swap.roll_back("the operator wishes it")
    tick = acting.swap.tick
    first, _ = acting.run(1)  # rollback_ticks = 2: half of the difference is left
    left = before - 0.5 * obs_at(tick)
    np.testing.assert_allclose(first, 0.5 * obs_at(tick) + 0.5 * left, atol=1e-6)
    second, _ = acting.run(1)
    np.testing.assert_allclose(second, 0.5 * obs_at(tick + 1), atol=1e-6)
    assert not acting.swap.is_blending


def test_the_first_version_is_never_rolled_back(rig):
    rig.bring_in(FakePolicy(1))
    assert rig.swap.roll_back("no") is False
    rig.run(60, limited=1.5, rough=2.0, reward=-100.0)
    assert rig.swap.policy_version == 1 and rig.swap.num_rolled_back == 0


def test_what_a_caller_does_to_an_output_changes_nothing(acting):
    acting.bring_in(FakePolicy(2, bias=0.4))
    mean, _ = acting.run(1)
    mean[:] = np.nan
    acting.swap.roll_back("test")
    assert np.isfinite(acting.run(1)[0]).all()


@pytest.mark.parametrize(
    "values", [{"blend_ticks": 0}, {"rollback_ticks": 0}, {"max_kept": 1}, {"max_refusals": -1}]
)
def test_settings_without_sense_are_refused(values):
    with pytest.raises(ValueError, match="expected positive tick counts"):
        SwapConfig(**values)


def test_times_become_ticks():
    config = SwapConfig.for_rate(50.0)
    assert (config.shadow.num_ticks, config.watch.block_ticks) == (50, 50)
    assert (config.blend_ticks, config.rollback_ticks, config.hold_ticks) == (25, 10, 100)
    assert SwapConfig.for_rate(20.0) == SwapConfig()
    with pytest.raises(ValueError, match="expected a policy_hz above 0"):
        SwapConfig.for_rate(float("nan"))


SAYS = ("numbers", "nothing", "nan", "inf", "constant")
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.integers(1, 12), st.floats(-3.0, 3.0)),
        st.tuples(st.just("run"), st.integers(1, 8), st.floats(-1.0, 1.0)),
        st.tuples(st.just("says"), st.integers(1, 12), st.sampled_from(SAYS)),
        st.tuples(st.just("roll_back"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(ACTIONS)
def test_whatever_happens_outputs_are_finite_and_versions_never_come_back(actions):
    rig, offered = SwapRig(), {}
    for name, number, value in actions:
        if name == "offer":
            policy = FakePolicy(number, gain=0.5, bias=value, log_std=value)
            if rig.swap.offer(policy):
                offered[number] = policy
        elif name == "run":
            rig.run(number, reward=value)
        elif name == "says" and number in offered:
            offered[number].says = value
        elif name == "roll_back":
            rig.swap.roll_back("test")
        assert rig.swap.policy_version not in rig.swap.bad_versions
    for output in rig.outputs:
        assert output is None or (np.isfinite(output[0]).all() and np.isfinite(output[1]).all())
    accepted = [version for kind, version in rig.told() if kind == "accepted"]
    promoted = [version for kind, version in rig.told() if kind == "promoted"]
    assert accepted == sorted(set(accepted)) and promoted == sorted(set(promoted))


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-3.0, 3.0),
    st.floats(-3.0, 3.0),
    st.floats(0.1, 2.0),
    st.floats(0.1, 2.0),
    st.integers(1, 12),
)
def test_no_blend_has_a_step(old_bias, new_bias, old_gain, new_gain, blend_ticks):
    config = SwapConfig(
        shadow=QUICK.shadow, watch=QUICK.watch, blend_ticks=blend_ticks, max_refusals=0
    )
    rig = SwapRig(config)
    old, new = FakePolicy(1, old_gain, old_bias), FakePolicy(2, new_gain, new_bias)
    rig.bring_in(old)
    rig.run(6)
    rig.bring_in(new)
    rig.run(2)
    means = [
        np.zeros(2, np.float32) if output is None else output[0].astype(float)
        for output in rig.outputs
    ]
    first = next(tick for tick, output in enumerate(rig.outputs) if output is not None)
    for tick in range(first + 1, len(means)):
        before, after = obs_at(tick - 1), obs_at(tick)
        own = np.maximum(old_gain, new_gain) * np.abs(after - before)
        difference = np.abs((new_gain * before + new_bias) - (old_gain * before + old_bias))
        assert (
            np.abs(means[tick] - means[tick - 1]) <= own + difference / blend_ticks + 1e-5
        ).all()


def test_a_swap_without_a_listener_works():
    swap = HotSwap()
    swap.note(step())
    assert swap.mean_log_std(obs_at(0)) is None and swap.tick == 1
