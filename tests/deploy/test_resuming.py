"""Who acts after a restart, and what the next version is compared with."""

import json
import shutil

import pytest
from bundles import make_bundle
from swap_rig import QUICK, FakePolicy, SwapRig

from rl_agent.deploy.hot_swap import HotSwap
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.deploy.resuming import resume
from rl_agent.deploy.swap_log import proven, read_standings


@pytest.fixture
def store(tmp_path, spec, task):
    store = PolicyStore(tmp_path / "store", spec, task)
    for version in (1, 2, 3, 4):
        made = tmp_path / f"v{version}"
        store.offer(make_bundle(made, spec, task, seed=version, policy_version=version))
    return store


@pytest.fixture
def tell(tmp_path, store):
    """Write a swap log of (kind, version); return its path."""

    def _tell(*events):
        path = tmp_path / "swaps.jsonl"
        with path.open("a") as log:
            for kind, version in events:
                model = store.version_dir(version) / "manifest.json"
                files = json.loads(model.read_text())["files"]
                hash_ = files["policy.onnx"]["sha256"]
                values = {"kind": kind, "policy_version": version, "bundle_hash": hash_}
                log.write(json.dumps(values) + "\n")
        return path

    return _tell


def resumed(store, log):
    said, swap = [], HotSwap(QUICK)
    resume(swap, store, log, said.append)
    return swap, said


def test_the_newest_version_that_acted_and_was_not_given_up_acts_at_once(store, tell):
    log = tell(("promoted", 1), ("promoted", 2), ("trusted", 2), ("promoted", 3))
    tell(("rolled_back", 3), ("accepted", 4), ("blending", 4))
    swap, said = resumed(store, log)
    assert swap.policy_version == 2 and not said
    assert [standing.is_trusted for standing in read_standings(log)] == [True, False]


def test_what_is_taken_home_was_judged_where_any_was(store, tell):
    log = tell(("promoted", 1), ("promoted", 2))
    newest = proven(read_standings(log))
    assert (newest.policy_version, newest.is_trusted) == (2, False)
    tell(("trusted", 1))
    judged = proven(read_standings(log))
    assert (judged.policy_version, judged.is_trusted) == (1, True)
    tell(("trusted", 2), ("promoted", 3), ("rolled_back", 2))
    assert proven(read_standings(log)).policy_version == 1
    assert proven(read_standings(log.with_name("none.jsonl"))) is None


def test_without_a_log_nobody_acts(store, tmp_path):
    swap, said = resumed(store, tmp_path / "none.jsonl")
    assert not swap.has_policy and not said


def test_a_version_that_does_not_hold_any_more_gives_way_to_an_older_one(store, tell):
    log = tell(("promoted", 1), ("promoted", 2), ("promoted", 3))
    shutil.rmtree(store.version_dir(3))
    (store.version_dir(2) / "policy.onnx").write_bytes(b"damaged")
    swap, said = resumed(store, log)
    assert swap.policy_version == 1
    assert ["version 3" in said[0], "version 2" in said[1]] == [True, True]


def test_another_model_under_the_same_number_is_not_the_version_that_acted(store, tell):
    log = tell(("promoted", 1), ("promoted", 2))
    log.write_text(
        log.read_text().replace(store.load_acting(read_standings(log)[0]).bundle_hash, "a")
    )
    swap, said = resumed(store, log)
    assert swap.policy_version == 1 and "expected Standing" in said[0]


def test_what_a_robot_goes_back_to_is_not_pruned(store, tell):
    tell(("promoted", 1), ("trusted", 1), ("promoted", 2), ("promoted", 3), ("rolled_back", 3))
    store.prune(1)
    assert store.versions() == [1, 2, 4]


def test_the_first_version_after_a_restart_can_be_rolled_back():
    rig = SwapRig()
    rig.swap.resume(FakePolicy(5), is_trusted=True)
    assert rig.swap.has_policy
    rig.run(3 * 4 + 2, reward=1.0)  # 3 blocks of 4 give the resumed one's return
    rig.swap.offer(FakePolicy(6))
    rig.run(10, reward=1.0)
    assert rig.swap.policy_version == 6
    rig.run(3 * 4 + 4, reward=-5.0)
    assert rig.swap.policy_version == 5
    assert rig.told()[0] == ("resumed", 5) and ("rolled_back", 6) in rig.told()


def test_a_version_waits_until_the_resumed_ones_return_is_known():
    rig = SwapRig()
    rig.swap.resume(FakePolicy(5))
    rig.swap.offer(FakePolicy(6))
    rig.run(3 * 4)
    assert not rig.swap.is_blending
    rig.run(2)
    assert rig.swap.is_blending


def test_a_robot_that_earns_nothing_meanwhile_waits_for_twice_as_long():
    rig = SwapRig()
    rig.swap.resume(FakePolicy(5))
    rig.swap.offer(FakePolicy(6))
    rig.run(2 * 3 * 4 - 1, notes=False)
    assert not rig.swap.is_blending
    rig.run(2, notes=False)
    assert rig.swap.is_blending


def test_who_acts_already_is_not_replaced_by_what_acted_before():
    rig = SwapRig()
    rig.run(1)
    with pytest.raises(ValueError, match="before all else"):
        rig.swap.resume(FakePolicy(5))
