"""Who acts after a restart, and what the next version is compared with."""

import json
import shutil

import pytest
from bundles import make_bundle
from swap_rig import QUICK, FakePolicy, SwapRig, step

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


def test_a_trusted_version_acts_rather_than_a_newer_one_that_nobody_judged(store, tell):
    log = tell(("promoted", 1), ("trusted", 1), ("promoted", 2), ("trusted", 2), ("promoted", 4))
    swap, said = resumed(store, log)
    assert swap.policy_version == 2 and not said
    # The newer one is neither lost nor bad: it is offered like any other.
    assert swap.offer(store.load(store.current())) and swap.candidate_version == 4


def test_where_the_trusted_version_does_not_hold_the_newest_acts_and_that_is_said(store, tell):
    log = tell(("promoted", 1), ("trusted", 1), ("promoted", 2), ("trusted", 2))
    tell(("promoted", 3), ("promoted", 4))
    shutil.rmtree(store.version_dir(2))
    swap, said = resumed(store, log)
    assert swap.policy_version == 4
    assert len(said) == 1 and said[0].startswith("version 2 acted before")


@pytest.mark.parametrize(
    ("others", "expected"), [((), ["resumed", "trusted"]), ((1,), ["resumed"])]
)
def test_who_was_not_judged_before_the_restart_is_trusted_only_where_it_is_alone(
    store, tell, others, expected
):
    log, events = tell(*(("promoted", version) for version in (*others, 4))), []
    swap = HotSwap(QUICK, events.append)
    resume(swap, store, log, pytest.fail)
    for _ in range(40):
        swap.note(step())
    assert swap.policy_version == 4
    assert [event.kind.value for event in events] == expected


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


@pytest.mark.parametrize(
    ("reward", "last", "home"), [(-5.0, ("rolled_back", 8), 5), (1.0, ("trusted", 8), 8)]
)
def test_who_was_not_judged_before_the_restart_is_compared_with_the_trusted_version(
    tmp_path, reward, last, home
):
    log, rig = tmp_path / "swaps.jsonl", SwapRig()
    before = [("promoted", 5), ("trusted", 5), ("promoted", 8)]
    rig.swap.resume(FakePolicy(5), is_trusted=True, is_only=False)
    rig.swap.offer(FakePolicy(8))
    rig.run(100, notes=False)  # the robot is not armed yet
    assert rig.swap.policy_version == 5 and not rig.swap.is_blending
    while rig.swap.policy_version == 5:
        rig.run(1, reward=1.0)
    rig.run(20, reward=reward)
    assert rig.told()[-1] == last and rig.swap.policy_version == home
    assert rig.events[-1].statistics["reward_before"] == 1.0
    lines = [json.dumps({"kind": k, "policy_version": v, "bundle_hash": "a"}) for k, v in before]
    lines += [event.to_json() for event in rig.events]
    log.write_text("".join(line + "\n" for line in lines))
    assert proven(read_standings(log)).policy_version == home


def test_a_trusted_version_that_says_nothing_keeps_nobody_out():
    rig, mute = SwapRig(), FakePolicy(5)
    mute.says = "nothing"
    rig.swap.resume(mute, is_trusted=True)
    rig.swap.offer(FakePolicy(6))
    rig.run(2 * 3 * 4 + 2, notes=False)
    assert rig.swap.policy_version == 6
    rig.run(20)
    assert ("trusted", 6) not in rig.told()  # nothing is known of what 5 earned


def test_after_a_restart_who_was_compared_with_nobody_is_what_the_next_is_compared_with():
    rig = SwapRig()
    rig.swap.resume(FakePolicy(5), is_only=False)
    rig.run(20, reward=1.0)
    rig.bring_in(FakePolicy(6))
    rig.run(20, reward=1.0)
    assert [told for told in rig.told() if told[0] == "trusted"] == [("trusted", 6)]
    rig.bring_in(FakePolicy(7))
    rig.run(20, reward=-5.0)
    assert rig.told()[-1] == ("rolled_back", 7) and rig.swap.policy_version == 6


def test_who_can_only_be_found_good_is_not_recorded_as_such():
    rig = SwapRig()
    rig.swap.resume(FakePolicy(5), is_only=False)
    rig.swap.offer(FakePolicy(6))
    rig.run(2 * 3 * 4 + 10, notes=False)  # 6 is taken up before anybody earned anything
    rig.run(20, reward=1.0)
    rig.swap.roll_back("its output was lost")
    rig.run(40, reward=-5.0)  # worse than 6, but there is nobody to go back to
    assert rig.swap.policy_version == 5
    assert [told for told in rig.told() if told[0] == "trusted"] == []


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
