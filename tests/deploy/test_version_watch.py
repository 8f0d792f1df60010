import shutil
from dataclasses import replace

import numpy as np
import pytest
from bundles import make_bundle
from waiting import threads_named, wait_until

from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.deploy.version_watch import VersionWatch

OBS = np.linspace(-1.0, 1.0, 16, dtype=np.float32)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def learner(root, spec, task):
    return PolicyStore(root, spec, task)


@pytest.fixture
def publish(learner, tmp_path, spec, task):
    def _publish(version):
        made = make_bundle(
            tmp_path / f"v{version}", spec, task, seed=version, policy_version=version
        )
        return learner.offer(made)

    return _publish


@pytest.fixture
def said():
    return []


@pytest.fixture
def events():
    return []


@pytest.fixture
def watch(root, spec, task, said, events):
    made = VersionWatch(
        PolicyStore(root, spec, task),
        said.append,
        interval_s=0.005,
        on_event=lambda kind, version, sentence: events.append((kind.value, version)),
    )
    yield made
    made.close()


def test_a_new_version_is_handed_over_once(watch, publish):
    assert watch.take() is None
    watch.poll()
    assert watch.take() is None
    published = publish(1)
    watch.poll()
    watch.poll()
    taken = watch.take()
    assert taken.policy_version == 1 and watch.take() is None
    np.testing.assert_array_equal(taken.act(OBS), published.act(OBS))


def test_of_versions_that_came_meanwhile_only_the_newest_is_loaded(watch, publish):
    for version in (1, 2, 3):
        publish(version)
    watch.poll()
    assert watch.take().policy_version == 3 and watch.take() is None


def test_a_version_that_was_not_taken_gives_way_to_a_newer_one(watch, publish):
    for version in (1, 2):
        publish(version)
        watch.poll()
    assert watch.take().policy_version == 2 and watch.take() is None


def test_each_version_is_an_object_of_its_own(watch, publish):
    taken = []
    for version in (1, 2):
        publish(version)
        watch.poll()
        taken.append(watch.take())
    assert [policy.policy_version for policy in taken] == [1, 2]
    assert taken[0].act(OBS) is not None and taken[0] is not taken[1]


def damage(root, version, name="policy.onnx"):
    path = root / "versions" / f"{version:06d}" / name
    data = bytearray(path.read_bytes())
    data[100] ^= 4
    path.write_bytes(bytes(data))


def test_what_came_while_another_one_was_loaded_or_not_taken_is_told_as_skipped(
    watch, publish, events
):
    publish(1)
    watch.poll()
    for version in (2, 3):
        publish(version)
    watch.poll()
    assert watch.take().policy_version == 3
    assert events == [("skipped", 2), ("skipped", 1)]


def test_what_was_there_before_the_first_look_was_not_skipped(watch, publish, events):
    for version in (1, 2):
        publish(version)
    watch.poll()
    assert not events


def test_a_bad_hash_is_told_once_and_the_next_version_is_taken(watch, root, publish, said, events):
    publish(1)
    damage(root, 1)
    for _ in range(20):
        watch.poll()
    assert len(said) == 1 and "expected sha256" in said[0]
    assert watch.take() is None and watch.num_refused == 1
    assert events == [("refused", 1)]
    publish(2)
    watch.poll()
    assert watch.take().policy_version == 2


def test_a_version_that_fails_is_tried_again_less_and_less_often(
    watch, root, publish, monkeypatch, said
):
    publish(1)
    damage(root, 1)
    tries = []
    load = PolicyStore.load

    def counted(store, pointer):
        tries.append(number)
        return load(store, pointer)

    monkeypatch.setattr(PolicyStore, "load", counted)
    for number in range(100):
        watch.poll()
        if number == 15:
            damage(root, 1)  # mended
        if (taken := watch.take()) is not None:
            break
    assert tries == [0, 1, 3, 6, 11, 20]  # 0, 1, 2, 4 and 8 are skipped in between
    assert taken.policy_version == 1 and len(said) == 1


def test_a_version_for_another_contract_is_told(root, publish, spec, said):
    publish(1)
    watch = VersionWatch(PolicyStore(root, replace(spec, name="other")), said.append)
    watch.poll()
    assert watch.take() is None and "expects other, the policy has planar" in said[0]


@pytest.mark.parametrize("pointer", [b"", b"{", b"[]", b'{"policy_version": 9, "sha256": "0"}'])
def test_a_corrupt_store_is_told_once_and_survived(watch, root, publish, said, events, pointer):
    publish(1)
    (root / "current.json").write_bytes(pointer)
    for _ in range(5):
        watch.poll()
    assert len(said) == 1 and watch.take() is None
    # Where no version is named, none is to blame.
    assert events == ([("refused", 9)] if b"9" in pointer else [])
    publish(2)
    watch.poll()
    assert watch.take().policy_version == 2


def test_a_trouble_that_went_away_and_came_back_is_told_again(watch, root, publish, said):
    publish(1)
    watch.poll()
    pointer = (root / "current.json").read_bytes()
    for content in (b"{", b"{", pointer, b"{", b"{", pointer):
        (root / "current.json").write_bytes(content)
        watch.poll()
    assert len(said) == 2 and said[0] == said[1]
    assert watch.take().policy_version == 1


def test_a_store_that_vanishes_and_comes_back_is_survived(watch, root, publish, events, tmp_path):
    publish(1)
    watch.poll()
    root.rename(tmp_path / "away")
    watch.poll()
    shutil.copytree(tmp_path / "away", root)
    watch.poll()
    assert watch.take().policy_version == 1
    assert events == []  # loaded anew, it would have taken its own place


def test_a_version_that_vanishes_before_it_is_read_is_told(watch, root, publish, said):
    publish(1)
    shutil.rmtree(root / "versions")
    watch.poll()
    assert len(said) == 1 and "manifest.json" in said[0]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError()])
def test_an_error_that_nobody_thought_of_is_told_and_survived(
    watch, publish, said, monkeypatch, error
):
    def fail(self, pointer):
        raise error

    publish(1)
    monkeypatch.setattr(PolicyStore, "load", fail)
    watch.poll()
    monkeypatch.undo()
    watch.poll()
    assert said == [str(error) or "RuntimeError"]
    assert watch.take().policy_version == 1


def test_the_thread_finds_versions_by_itself_and_ends(watch, publish):
    watch.start()
    watch.start()
    threads = threads_named("version_watch")
    assert len(threads) == 1 and threads[0].daemon
    publish(1)
    assert wait_until(watch.take).policy_version == 1
    watch.close()
    assert not threads[0].is_alive()


def test_an_interval_without_sense_is_refused(learner):
    with pytest.raises(ValueError, match="interval_s above 0"):
        VersionWatch(learner, interval_s=0.0)
