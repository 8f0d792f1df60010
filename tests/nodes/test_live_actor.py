"""Who acts while somebody else learns: chance, then the first version, without a gap in between."""

import threading

import numpy as np
from bundles import make_bundle

from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from rl_agent.types import Transition
from sim.kinematics import MujocoKinematics
from surefoot_nodes.live_actor import LiveActor

SPEC = load_robot("so101")
TASK = make_task("reach", SPEC, MujocoKinematics(SPEC))
MOST_TICKS = 4000


def test_there_is_an_action_in_every_tick_until_and_after_the_first_version(tmp_path):
    store = PolicyStore(tmp_path / "policies", SPEC, TASK)
    policy = store.offer(make_bundle(tmp_path / "bundle", SPEC, TASK, gain=0.1))
    obs_dim = np.array(policy.golden.obs).shape[1]
    rng = np.random.default_rng(0)
    actor = LiveActor(SPEC, TASK, tmp_path / "policies")
    try:
        actions = []
        for _ in range(MOST_TICKS):
            obs = rng.standard_normal(obs_dim).astype(np.float32)
            actions.append(actor.act(obs, None, None))
            if len(actions) > 5 and actor.swap.has_policy:
                break
            threading.Event().wait(0.002)  # the version is loaded by a thread
        assert actor.state()["policy_version"] == 1
        actions.append(actor.act(obs, None, None))
    finally:
        actor.close()
    assert [a is None for a in actions] == [False] * len(actions)
    assert all(np.abs(a).max() <= 1.0 for a in actions)
    assert actor.state()["num_events_lost"] == 0


def _arrive(actor, is_there):
    goal = np.float32([0.2, 0.0, 0.2])
    context = goal if is_there else goal + np.float32(1.0)
    nothing = np.zeros(0, np.float32)
    action = np.zeros(SPEC.act_dim, np.float32)
    actor.note(
        Transition(
            nothing, action, action, action, 0.0, False, True, nothing, context, context, goal
        )
    )


def test_exploration_fades_as_success_comes_and_returns_when_it_goes(tmp_path):
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", explore_until=0.8)
    try:
        scales = [actor.noise_scale]
        for is_there, count in ((True, 8), (True, 4), (True, 4), (False, 8)):
            for _ in range(count):
                _arrive(actor, is_there)
            scales.append(actor.noise_scale)
    finally:
        actor.close()
    # 8, 12 and 16 of the last 20 arrive; then 12 of them, and 8 that do not.
    np.testing.assert_allclose(scales, [1.0, 1.0, 0.5, 0.0, 0.5], atol=1e-9)
    assert actor.state()["noise_scale"] == 0.5


def test_exploration_can_be_told_to_stay(tmp_path):
    actor = LiveActor(SPEC, TASK, tmp_path / "policies", explore_until=2.0)
    try:
        for _ in range(20):
            _arrive(actor, True)
        assert actor.noise_scale == 1.0
    finally:
        actor.close()
