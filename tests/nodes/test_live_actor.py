"""Who acts while somebody else learns: chance, then the first version, without a gap in between."""

import threading

import numpy as np
from bundles import make_bundle

from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
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
