import dataclasses
import os
import shutil
import stat
import sys

import numpy as np
import pytest
from bundles import make_bundle

from rl_agent.deploy.manifest import read_manifest
from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.deploy.signing import (
    Signer,
    check_signature,
    make_key_file,
    read_signature,
    signer_for,
)
from rl_agent.exceptions import BundleError

OBS = np.linspace(-1.0, 1.0, 16, dtype=np.float32)


@pytest.fixture
def signer(tmp_path):
    make_key_file(tmp_path / "key.pem")
    return Signer.load(tmp_path / "key.pem")


@pytest.fixture
def other(tmp_path):
    make_key_file(tmp_path / "other.pem")
    return Signer.load(tmp_path / "other.pem")


@pytest.fixture
def pinned(spec, signer):
    return dataclasses.replace(spec, signing_key=signer.public_key)


@pytest.fixture
def signed(tmp_path, pinned, task, signer):
    return make_bundle(tmp_path / "signed", pinned, task, signer=signer)


def refusal(bundle, spec, task):
    with pytest.raises(BundleError) as caught:
        OnnxPolicy(bundle, spec, task)
    return str(caught.value)


def test_what_the_pinned_key_signed_acts(signed, pinned, task):
    assert OnnxPolicy(signed, pinned, task).act(OBS) is not None
    assert sorted(os.listdir(signed)) == ["manifest.json", "manifest.sig", "policy.onnx"]


def test_without_a_pinned_key_signed_and_unsigned_bundles_act(signed, bundle, spec, task):
    assert OnnxPolicy(signed, spec, task).act(OBS) is not None
    assert OnnxPolicy(bundle, spec, task).act(OBS) is not None


def test_an_unsigned_bundle_is_refused_and_the_remedy_told(bundle, pinned, task):
    message = refusal(bundle, pinned, task)
    assert "is not signed" in message and "--sign KEY.pem" in message


def test_another_key_is_refused_and_both_are_named(tmp_path, pinned, task, signer, other):
    bundle = make_bundle(tmp_path / "b", pinned, task, signer=other)
    message = refusal(bundle, pinned, task)
    assert (
        f"expected a signature by {signer.public_key}, found one by {other.public_key}" in message
    )


def test_a_whole_bundle_under_another_ones_signature_is_refused(tmp_path, signed, pinned, task):
    forged = make_bundle(tmp_path / "forged", pinned, task, seed=5)
    shutil.copy(signed / "manifest.sig", forged)
    assert "does not fit the manifest" in refusal(forged, pinned, task)


def test_a_forger_who_writes_the_pinned_key_into_the_signature_is_refused(
    tmp_path, pinned, task, signer, other
):
    forged = make_bundle(tmp_path / "forged", pinned, task, signer=other)
    path = forged / "manifest.sig"
    path.write_text(path.read_text().replace(other.public_key, signer.public_key))
    assert "does not fit the manifest" in refusal(forged, pinned, task)


def test_every_flipped_bit_of_the_signature_is_noticed(signed, pinned, signer):
    path, manifest = signed / "manifest.sig", read_manifest(signed)
    data = path.read_bytes()
    for place in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            with pytest.raises(BundleError):
                check_signature(signed, manifest, signer.public_key)
    path.write_bytes(data)
    assert check_signature(signed, manifest, signer.public_key) is None


@pytest.mark.parametrize("data", [b"", b"\n", b"ed25519", b"\xff" * 100, b"a b c d", b"0" * 20_000])
def test_a_damaged_signature_is_told(signed, pinned, task, data):
    (signed / "manifest.sig").write_bytes(data)
    assert "manifest.sig" in refusal(signed, pinned, task)


def test_a_signature_that_is_a_link_is_refused(tmp_path, signed, pinned, task):
    (signed / "manifest.sig").rename(tmp_path / "elsewhere.sig")
    (signed / "manifest.sig").symlink_to(tmp_path / "elsewhere.sig")
    assert "expected a plain file" in refusal(signed, pinned, task)


def test_a_store_takes_signed_versions_only_and_keeps_their_signature(
    tmp_path, pinned, task, signer
):
    store = PolicyStore(tmp_path / "store", pinned, task)
    unsigned = make_bundle(tmp_path / "u", pinned, task, policy_version=1)
    with pytest.raises(BundleError, match="is not signed"):
        store.offer(unsigned)
    assert store.versions() == [] and store.current() is None
    store.offer(make_bundle(tmp_path / "s", pinned, task, policy_version=1, signer=signer))
    reader = PolicyStore(tmp_path / "store", pinned, task)
    assert reader.load(reader.current()).policy_version == 1


def test_a_signature_too_large_to_travel_is_not_stored_either(tmp_path, spec, task):
    bundle = make_bundle(tmp_path / "s", spec, task)
    (bundle / "manifest.sig").write_bytes(bytes(10_001))
    store = PolicyStore(tmp_path / "store", spec, task)
    with pytest.raises(BundleError, match=r"manifest\.sig: expected at most 10000 bytes"):
        store.offer(bundle)
    assert store.versions() == []


def test_a_version_that_lost_its_signature_is_not_loaded(tmp_path, pinned, task, signer):
    store = PolicyStore(tmp_path / "store", pinned, task)
    store.offer(make_bundle(tmp_path / "s", pinned, task, signer=signer))
    (store.version_dir(1) / "manifest.sig").unlink()
    with pytest.raises(BundleError, match="is not signed"):
        store.load(store.current())


def test_exporting_again_without_a_key_leaves_no_old_signature(signed, pinned, task):
    make_bundle(signed, pinned, task, policy_version=2)
    assert sorted(os.listdir(signed)) == ["manifest.json", "policy.onnx"]


def test_without_cryptography_a_pinned_robot_refuses_and_says_what_to_install(
    signed, bundle, spec, pinned, task, monkeypatch
):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    message = refusal(signed, pinned, task)
    assert "pip install 'surefoot[sign]'" in message and "signing_key" in message
    assert OnnxPolicy(bundle, spec, task).act(OBS) is not None


def test_a_pinned_key_that_is_none_is_told(signed, spec, task):
    message = refusal(signed, dataclasses.replace(spec, signing_key="mine"), task)
    assert "signing_key" in message and "32 bytes" in message


def test_private_keys_are_the_owners_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "key.pem"
    public_key = make_key_file(path)
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BundleError, match="never overwritten"):
        make_key_file(path)
    assert path.read_bytes() == before
    assert Signer.load(path).public_key == public_key


def test_a_key_that_others_may_read_is_not_used(tmp_path):
    make_key_file(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(BundleError, match="chmod 600"):
        Signer.load(tmp_path / "key.pem")


def test_a_key_in_a_file_too_large_is_refused_and_not_cut(tmp_path):
    path = tmp_path / "key.pem"
    make_key_file(path)
    key = path.read_bytes()
    path.write_bytes(key.ljust(10_000, b"\n"))
    Signer.load(path)
    path.write_bytes(key.ljust(10_001, b"\n"))
    with pytest.raises(BundleError, match="at most 10000 bytes, found 10001"):
        Signer.load(path)


def test_what_is_no_key_file_is_told_without_its_content(tmp_path):
    path = tmp_path / "key.pem"
    with pytest.raises(BundleError, match=r"No such file.*give the key's own file"):
        Signer.load(path)
    make_key_file(path)
    secret = path.read_text().splitlines()[1]
    path.write_text(f"-----BEGIN PRIVATE KEY-----\n{secret[:-4]}\n-----END PRIVATE KEY-----\n")
    with pytest.raises(BundleError, match="expected an Ed25519 private key") as caught:
        Signer.load(path)
    assert secret[:16] not in str(caught.value)


def test_the_private_key_shows_in_no_text_of_the_signer(tmp_path, signer):
    secret = (tmp_path / "key.pem").read_text().splitlines()[1]
    assert secret not in repr(signer) + str(signer) + repr(vars(signer))


def test_who_signed_can_be_read_without_trusting_it(signed, signer):
    from rl_agent.robots.signing_key import encode_key

    key, signature = read_signature(signed)
    assert encode_key(key) == signer.public_key and len(signature) == 64


def test_a_signer_for_a_robot_is_one_that_the_robot_takes(tmp_path, signer, other):
    key, foreign = tmp_path / "key.pem", tmp_path / "other.pem"
    assert signer_for(None, None) is None
    assert signer_for(None, foreign).public_key == other.public_key
    assert signer_for(signer.public_key, key).public_key == signer.public_key
    with pytest.raises(BundleError, match=r"pins a signing_key.*--sign KEY\.pem"):
        signer_for(signer.public_key, None)
    with pytest.raises(BundleError, match=r"other\.pem: .*the private key that belongs to"):
        signer_for(signer.public_key, foreign)
