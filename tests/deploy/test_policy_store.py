import json

import numpy as np
import pytest
from bundles import make_bundle
from hypothesis import example, given, settings
from hypothesis import strategies as st
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.deploy.policy_store import Pointer, PolicyStore
from rl_agent.exceptions import BundleError, ContractError
from rl_agent.tasks.registry import make_task

OBS = np.linspace(-1.0, 1.0, 16, dtype=np.float32)


@pytest.fixture
def offer(tmp_path, spec, task):
    """Publish version `n` with seed `n`."""

    def _offer(store, version):
        bundle = tmp_path / f"made-{version}"
        return store.offer(make_bundle(bundle, spec, task, seed=version, policy_version=version))

    return _offer


@pytest.fixture
def store(tmp_path, spec, task):
    return PolicyStore(tmp_path / "store", spec, task)


def damage(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(bytes(data))


def test_an_empty_store_has_no_policy(store):
    assert store.current() is None
    assert store.versions() == []
    assert store.next_version() == 1


def test_another_process_loads_what_was_offered(store, offer, tmp_path, spec, task):
    reader = PolicyStore(tmp_path / "store", spec, task)
    for version in (1, 2):
        offered = offer(store, version)
        assert reader.current().policy_version == version
        found = reader.load(reader.current())
        np.testing.assert_array_equal(found.act(OBS), offered.act(OBS))
    assert store.versions() == [1, 2] and store.next_version() == 3


def test_an_older_version_can_still_be_loaded_by_its_pointer(store, offer):
    first = offer(store, 1)
    pointer = store.current()
    offer(store, 2)
    np.testing.assert_array_equal(store.load(pointer).act(OBS), first.act(OBS))


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_that_does_not_rise_is_refused(store, offer, version):
    kept = offer(store, 2)
    with pytest.raises(BundleError, match=f"expected a policy_version above 2, found {version}"):
        offer(store, version)
    assert store.load(store.current()).bundle_hash == kept.bundle_hash


def test_a_bad_offer_leaves_everything_as_it_was(store, offer, tmp_path, spec, task):
    kept = offer(store, 1)
    bad = make_bundle(tmp_path / "bad", spec, task, policy_version=2)
    damage(bad / "policy.onnx")
    with pytest.raises(BundleError, match="expected sha256"):
        store.offer(bad)
    other = planar_spec(name="other")
    foreign_task = make_task("reach", other, PlanarKinematics())
    foreign = make_bundle(tmp_path / "foreign", other, foreign_task, policy_version=2)
    with pytest.raises(ContractError, match="expects planar, the policy has other"):
        store.offer(foreign)
    assert store.versions() == [1] and store.current().policy_version == 1
    assert store.load(store.current()).bundle_hash == kept.bundle_hash


@pytest.mark.parametrize(
    ("name", "expected"),
    [("policy.onnx", "expected sha256"), ("manifest.json", "changed since publication")],
)
def test_a_version_that_rots_on_disk_is_not_loaded_and_the_one_before_is(
    store, offer, name, expected
):
    first = offer(store, 1)
    pointer = store.current()
    offer(store, 2)
    damage(store.version_dir(2) / name)
    with pytest.raises(BundleError, match=expected):
        store.load(store.current())
    assert store.load(pointer).bundle_hash == first.bundle_hash


def test_a_version_in_the_folder_of_another_is_not_loaded(store, offer):
    offer(store, 1)
    store.version_dir(1).rename(store.version_dir(5))
    with pytest.raises(BundleError, match="expected policy_version 5, found 1"):
        store.load(Pointer(5, store.current().sha256))


@pytest.mark.parametrize(
    "pointer",
    [b"", b"{", b"[]", b"{}", b"null", b'{"policy_version": "x", "sha256": ""}', b"[" * 900],
)
def test_a_damaged_pointer_is_reported_and_the_next_offer_mends_it(store, offer, tmp_path, pointer):
    offer(store, 1)
    (tmp_path / "store" / "current.json").write_bytes(pointer)
    with pytest.raises(BundleError, match=r"current\.json: .*found damaged data"):
        store.current()
    offer(store, 2)
    assert store.load(store.current()).policy_version == 2


@pytest.mark.parametrize("version", [-1, 3, 10**30])
def test_a_pointer_to_nowhere_is_reported(store, offer, tmp_path, version):
    offer(store, 1)
    pointer = {"policy_version": version, "sha256": "0" * 64}
    (tmp_path / "store" / "current.json").write_text(json.dumps(pointer))
    assert store.current() == Pointer(version, "0" * 64)
    with pytest.raises(BundleError, match=r"manifest\.json: .*No such file"):
        store.load(store.current())


@given(
    st.binary(max_size=100)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.fixed_dictionaries({"policy_version": inner, "sha256": inner})
        ),
        max_leaves=5,
    ).map(lambda value: json.dumps(value).encode())
)
@example(b'{"policy_version": Infinity, "sha256": ""}')
@example(b'{"policy_version": NaN, "sha256": ""}')
@example(b"[" * 999)
@example(b'{"policy_version": 1' + b"0" * 900 + b', "sha256": ""}')
@example(b'{"policy_version": "../../../etc", "sha256": ""}')
@example(b'{"policy_version": -1, "sha256": ""}')
@settings(max_examples=100, deadline=None)
def test_any_pointer_is_refused_by_name(pointed, data):
    (pointed._root / "current.json").write_bytes(data)
    with pytest.raises(BundleError):
        pointed.load(pointed.current())


@pytest.fixture(scope="module")
def pointed(tmp_path_factory, spec, task):
    """A store with one version."""
    folder = tmp_path_factory.mktemp("store")
    store = PolicyStore(folder / "store", spec, task)
    store.offer(make_bundle(folder / "made", spec, task))
    return store
