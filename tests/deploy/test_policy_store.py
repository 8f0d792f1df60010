import json

import numpy as np
import pytest
from bundles import make_bundle
from hypothesis import example, given, settings
from hypothesis import strategies as st
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.deploy.policy_store import PolicyStore
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


def test_an_empty_store_has_no_policy(store):
    assert store.current() is None
    assert store.versions() == []
    assert store.next_version() == 1
    assert store.refresh() is False
    assert store.policy is None and store.last_refusal == ""


def test_another_process_takes_up_what_was_offered(store, offer, tmp_path, spec, task):
    reader = PolicyStore(tmp_path / "store", spec, task)
    first = offer(store, 1)
    assert reader.refresh() is True
    assert reader.refresh() is False  # no news
    np.testing.assert_array_equal(reader.policy.act(OBS), first.act(OBS))
    second = offer(store, 2)
    assert reader.policy.policy_version == 1
    assert reader.refresh() is True
    np.testing.assert_array_equal(reader.policy.act(OBS), second.act(OBS))
    assert store.versions() == [1, 2] and store.next_version() == 3


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_that_does_not_rise_is_refused(store, offer, version):
    offer(store, 2)
    with pytest.raises(BundleError, match=f"expected a policy_version above 2, found {version}"):
        offer(store, version)
    assert store.policy.policy_version == 2


def test_a_bad_offer_leaves_everything_as_it_was(store, offer, tmp_path, spec, task):
    kept = offer(store, 1)
    bad = make_bundle(tmp_path / "bad", spec, task, policy_version=2)
    data = bytearray((bad / "policy.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (bad / "policy.onnx").write_bytes(bytes(data))
    with pytest.raises(BundleError, match="expected sha256"):
        store.offer(bad)
    other = planar_spec(name="other")
    foreign_task = make_task("reach", other, PlanarKinematics())
    foreign = make_bundle(tmp_path / "foreign", other, foreign_task, policy_version=2)
    with pytest.raises(ContractError, match="expects planar, the policy has other"):
        store.offer(foreign)
    assert store.policy is kept
    assert store.versions() == [1] and store.current().policy_version == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [("policy.onnx", "expected sha256"), ("manifest.json", "changed since publication")],
)
def test_a_version_that_rots_on_disk_is_not_taken_up(
    store, offer, tmp_path, spec, task, name, expected
):
    reader = PolicyStore(tmp_path / "store", spec, task)
    offer(store, 1)
    reader.refresh()
    kept = reader.policy
    offer(store, 2)
    path = tmp_path / "store" / "versions" / "000002" / name
    data = bytearray(path.read_bytes())
    data[100] ^= 4
    path.write_bytes(bytes(data))
    assert reader.refresh() is False
    assert expected in reader.last_refusal
    assert reader.policy is kept and kept.act(OBS) is not None


@pytest.mark.parametrize(
    "pointer",
    [b"", b"{", b"[]", b"{}", b"null", b'{"policy_version": "x", "sha256": ""}', b"[" * 900],
)
def test_a_damaged_pointer_is_reported_and_the_policy_stays(store, offer, tmp_path, pointer):
    kept = offer(store, 1)
    (tmp_path / "store" / "current.json").write_bytes(pointer)
    assert store.refresh() is False
    assert "found damaged data" in store.last_refusal
    assert store.policy is kept


@pytest.mark.parametrize("version", [-1, 3, 10**30])
def test_a_pointer_to_nowhere_is_reported(store, offer, tmp_path, version):
    kept = offer(store, 1)
    pointer = {"policy_version": version, "sha256": "0" * 64}
    (tmp_path / "store" / "current.json").write_text(json.dumps(pointer))
    assert store.refresh() is False
    assert store.last_refusal
    assert store.policy is kept


def test_rolling_back_makes_the_version_before_current(store, offer, tmp_path, spec, task):
    first = offer(store, 1)
    offer(store, 2)
    assert store.roll_back().policy_version == 1
    np.testing.assert_array_equal(store.policy.act(OBS), first.act(OBS))
    reader = PolicyStore(tmp_path / "store", spec, task)
    assert reader.refresh() and reader.policy.policy_version == 1
    assert store.next_version() == 3  # a number is never used twice
    with pytest.raises(BundleError, match="expected an older version"):
        store.roll_back()


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
def test_any_pointer_is_refused_and_the_policy_in_use_stays(pointed, data):
    store, kept = pointed
    (store._root / "current.json").write_bytes(data)
    assert store.refresh() is False
    assert store.policy is kept


@pytest.fixture(scope="module")
def pointed(tmp_path_factory, spec, task):
    """A store with one version in use."""
    folder = tmp_path_factory.mktemp("store")
    store = PolicyStore(folder / "store", spec, task)
    return store, store.offer(make_bundle(folder / "made", spec, task))
