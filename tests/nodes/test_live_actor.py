"""Who acts while somebody else learns: chance, then the first version, without a gap in between."""

import json

import numpy as np
import pytest
from bundles import make_bundle
from waiting import threads_named, wait_until

from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.deploy.swap_log import read_events
from rl_agent.exploration.exploring import Exploring
from rl_agent.exploration.registry import make_noise
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from rl_agent.types import Reason, Transition
from sim.kinematics import MujocoKinematics
from surefoot_nodes.live_actor import LiveActor

SPEC = load_robot("so101")
TASK = make_task("reach", SPEC, MujocoKinematics(SPEC))


def test_there_is_an_action_in_every_tick_until_and_after_the_first_version(tmp_path):
    store = PolicyStore(tmp_path / "policies", SPEC, TASK)
    policy = store.offer(make_bundle(tmp_path / "bundle", SPEC, TASK, gain=0.1))
    obs_dim = np.array(policy.golden.obs).shape[1]
    rng = np.random.default_rng(0)
    actor = LiveActor(SPEC, TASK, tmp_path / "policies")
    actions = []

    def act() -> bool:
        obs = rng.standard_normal(obs_dim).astype(np.float32)
        actions.append(actor.act(obs, None, None))
        return len(actions) > 5 and actor.swap.has_policy

    try:
        wait_until(act)  # the version is loaded by a thread
        assert actor.state()["policy_version"] == 1
        act()
    finally:
        actor.close()
    assert [a is None for a in actions] == [False] * len(actions)
    assert all(np.abs(a).max() <= 1.0 for a in actions)
    assert actor.state()["num_events_lost"] == 0


def _arrive(actor, is_there, reasons=0):
    goal = np.float32([0.2, 0.0, 0.2])
    context = goal if is_there else goal + np.float32(1.0)
    nothing = np.zeros(0, np.float32)
    action = np.zeros(SPEC.act_dim, np.float32)
    actor.note(
        Transition(
            obs=nothing,
            action=action,
            applied_action=action,
            previous_action=action,
            reward=0.0,
            terminated=False,
            truncated=True,
            next_obs=nothing,
            context=context,
            next_context=context,
            goal=goal,
            reasons=reasons,
        )
    )


def test_exploration_fades_as_success_comes_and_returns_when_it_goes(tmp_path):
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", exploring=Exploring(explore_until=0.8))
    try:
        scales = [actor.noise_scale]
        for is_there, count in ((True, 4), (True, 2), (True, 2), (False, 4)):
            for _ in range(count):
                _arrive(actor, is_there)
            scales.append(actor.noise_scale)
    finally:
        actor.close()
    # 4, 6 and 8 of the last 10 arrive; then 6 of them, and 4 that do not.
    np.testing.assert_allclose(scales, [1.0, 1.0, 0.5, 0.0, 0.5], atol=1e-9)
    assert actor.state()["noise_scale"] == 0.5


def test_exploration_can_be_told_to_stay(tmp_path):
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", exploring=Exploring(explore_until=2.0))
    try:
        for _ in range(20):
            _arrive(actor, True)
        assert actor.noise_scale == 1.0
    finally:
        actor.close()


def test_in_lockstep_a_version_is_taken_up_in_the_tick_after_the_meeting(tmp_path):
    store = PolicyStore(tmp_path / "policies", SPEC, TASK)
    policy = store.offer(make_bundle(tmp_path / "bundle", SPEC, TASK, gain=0.1))
    obs = np.zeros(np.array(policy.golden.obs).shape[1], np.float32)
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", meets=True)
    try:
        candidates = []
        for tick in range(4):
            if tick == 2:
                actor.meet()
            actor.act(obs, None, None)
            candidates.append(actor.state()["candidate_version"])
    finally:
        actor.close()
    assert candidates == [0, 0, 1, 1]


@pytest.mark.parametrize("meets", [False, True])
def test_in_lockstep_nobody_looks_for_versions_beside_the_loop(tmp_path, meets):
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", meets=meets)
    try:
        assert len(threads_named("version_watch")) == (0 if meets else 1)
    finally:
        actor.close()


@pytest.mark.parametrize("is_last", [False, True])
def test_a_deterministic_policy_explores_where_it_is_sure_as_well(tmp_path, is_last):
    exploring = Exploring(exploration="gaussian", is_noise_last=is_last)
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", seed=3, exploring=exploring)
    mean, std = np.full(SPEC.act_dim, 3.0), 0.1
    actor.swap.mean_log_std = lambda obs: (mean, np.full(SPEC.act_dim, np.log(std)))
    try:
        actions = [actor.act(np.zeros(1, np.float32), None, None) for _ in range(50)]
    finally:
        actor.close()
    own = make_noise(
        "gaussian", SPEC.act_dim, np.random.default_rng(3), theta=1.0, horizon=2, resample=0
    )
    noise = std * np.array([own.sample() for _ in range(50)])
    wanted = np.clip(np.tanh(mean) + noise, -1.0, 1.0) if is_last else np.tanh(mean + noise)
    np.testing.assert_allclose(actions, wanted, atol=1e-6)
    # tanh is flat at 3: ahead of it the same noise is a hundred times less.
    assert np.std(actions) > 0.03 if is_last else np.std(actions) < 0.002


def test_what_explores_is_what_the_settings_say(tmp_path):
    exploring = Exploring(exploration="ou", exploration_theta=0.5)
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", seed=3, exploring=exploring)
    actor.swap.mean_log_std = lambda obs: (np.zeros(SPEC.act_dim), np.zeros(SPEC.act_dim))
    try:
        actions = [actor.act(np.zeros(1, np.float32), None, None) for _ in range(20)]
    finally:
        actor.close()
    rng = np.random.default_rng(3)
    noise = make_noise("ou", SPEC.act_dim, rng, theta=0.5, horizon=10, resample=0)
    np.testing.assert_allclose(actions, np.tanh([noise.sample() for _ in range(20)]), atol=1e-6)


def test_chance_does_not_act_on_an_observation_that_is_not_finite(tmp_path):
    actor = LiveActor(SPEC, TASK, tmp_path / "policies")
    try:
        obs = np.zeros(4, np.float32)
        assert actor.act(obs, None, None) is not None
        obs[2] = np.nan
        assert actor.act(obs, None, None) is None
        assert actor.last_refusal == "observation holds NaN or inf"
    finally:
        actor.close()


def test_versions_that_say_nothing_give_no_action_and_chance_does_not_step_in(tmp_path):
    bundle = make_bundle(tmp_path / "bundle", SPEC, TASK)
    policy = OnnxPolicy(bundle, SPEC, TASK)
    actor = LiveActor(SPEC, TASK, tmp_path / "policies")
    try:
        actor.swap.resume(policy)
        obs = np.zeros(policy.obs_dim, np.float32)
        assert actor.act(obs, None, None) is not None
        obs[:] = 3e38  # finite, but the network's output is not
        assert actor.act(obs, None, None) is None
        assert actor.last_refusal == "no version gave a finite output"
    finally:
        actor.close()


def test_after_a_restart_the_newest_version_that_was_not_given_up_acts_from_the_first_tick(
    tmp_path,
):
    store, events = PolicyStore(tmp_path / "policies", SPEC, TASK), []
    for version in (1, 2, 3):
        bundle = make_bundle(
            tmp_path / f"{version}", SPEC, TASK, seed=version, gain=0.1, policy_version=version
        )
        hash_ = store.offer(bundle).bundle_hash
        events.append({"kind": "promoted", "policy_version": version, "bundle_hash": hash_})
    # 3 is current, and was rolled back to 2.
    events.append({"kind": "rolled_back", "policy_version": 3})
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (tmp_path / "swaps.jsonl").write_text(lines)
    obs = np.zeros(store.load(store.current()).obs_dim, np.float32)
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", exploring=Exploring(exploration=""))
    try:
        action, version = actor.act(obs, None, None), actor.state()["policy_version"]
        actor.meet()
        actor.act(obs, None, None)
        assert actor.state()["candidate_version"] == 0  # the version that is known as bad
    finally:
        actor.close()
    assert version == 2
    assert np.abs(action).max() < 0.9  # chance holds no such still hand over so many joints


def test_a_version_that_cannot_be_loaded_is_logged_and_counted_as_refused(tmp_path):
    store = PolicyStore(tmp_path / "policies", SPEC, TASK)
    store.offer(make_bundle(tmp_path / "bundle", SPEC, TASK, gain=0.1))
    (store.version_dir(1) / "policy.onnx").write_bytes(b"damaged")
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", meets=True)
    try:
        actor.meet()
        assert actor.state()["num_refused"] == 1
    finally:
        actor.close()
    (event,) = read_events(tmp_path / "swaps.jsonl")
    assert (event["kind"], event["policy_version"]) == ("refused", 1)
    assert "policy.onnx" in event["sentence"]


def test_a_version_is_not_judged_by_what_a_person_did(tmp_path):
    actor = LiveActor(SPEC, TASK, tmp_path / "policies")
    noted = []
    actor.swap.note = noted.append
    try:
        _arrive(actor, True)
        _arrive(actor, True, reasons=int(Reason.HUMAN))
    finally:
        actor.close()
    assert [transition.reasons for transition in noted] == [0]
