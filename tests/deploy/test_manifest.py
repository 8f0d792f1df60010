import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rl_agent.deploy.manifest import (
    Manifest,
    parse_manifest,
    read_bundle,
    read_files,
    read_manifest,
    render_manifest,
    render_values,
)
from rl_agent.exceptions import BundleError

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = [
    ("schema_version",),
    ("policy_version",),
    ("created",),
    ("task",),
    ("files",),
    ("files", "policy.onnx"),
    ("files", "policy.onnx", "size"),
    ("contract",),
    ("contract", "obs_dim"),
    ("contract", "joints"),
    ("contract_hash",),
    ("golden",),
    ("golden", "mean"),
    ("probe",),
    ("probe", "goal"),
    ("training",),
    ("training", "seed"),
]


def refusal(data):
    with pytest.raises(BundleError) as caught:
        parse_manifest(data, "m.json")
    assert str(caught.value).startswith("m.json: ")
    return str(caught.value)


@pytest.fixture
def values(bundle):
    return read_manifest(bundle).model_dump(mode="json")


def test_what_was_written_is_read_back(bundle):
    data = (bundle / "manifest.json").read_bytes()
    manifest = parse_manifest(data, "m.json")
    assert render_manifest(manifest) == data
    assert manifest.policy_version == 1
    assert len(manifest.golden.obs) == 16
    assert (manifest.obs_dim, manifest.act_dim) == (16, 2)


def test_it_stays_readable_for_people(bundle):
    text = (bundle / "manifest.json").read_text()
    assert '\n  "policy_hz": 20,\n' in text
    assert '["a", "revolute", true]' in text
    assert '["tool_jacobian", 4, 6]' in text


def test_strings_survive_the_layout_whatever_they_hold(values):
    values["training"]["run"] = 'a "[1,2]" \n [\n 1,\n 2\n] b'
    data = render_manifest(Manifest.model_validate(values))
    assert parse_manifest(data, "m.json").training.run == values["training"]["run"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_manifest_is_refused(bundle, share):
    data = (bundle / "manifest.json").read_bytes()
    assert "expected JSON" in refusal(data[: int(share * len(data))])


def test_an_edit_by_hand_is_refused_with_both_digests(values):
    text = refusal(json.dumps({**values, "digest": "0" * 64}).encode())
    assert "expected digest" in text
    assert f"found '{'0' * 64}'" in text
    assert "export again" in text


def test_the_right_digest_in_another_layout_is_refused(bundle):
    data = (bundle / "manifest.json").read_bytes()
    assert "expected the layout" in refusal(json.dumps(json.loads(data)).encode())


@pytest.mark.parametrize("found", ["7", "true", '"1"', "null", "[1]", "1.5"])
def test_another_schema_version_is_named_before_anything_else(found):
    text = refusal(f'{{"schema_version": {found}, "unknown": 1}}'.encode())
    assert "expected manifest version 1, found " in text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff\xfe", "expected JSON"),
        (b"[]", "expected a JSON object, found list"),
        (b'{"a": NaN}', "NaN is not a finite number"),
        (b'{"a": 1e999}', "1e999 is not a finite number"),
        (b"[" * 100_000, "expected JSON"),
        (b'{"a": ' + b"1" * 5000 + b"}", "expected JSON"),
    ],
)
def test_what_is_no_plain_json_is_refused(data, expected):
    assert expected in refusal(data)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda v: v.pop("golden"), "golden: Field required"),
        (lambda v: v.update(extra=1), "extra: Extra inputs are not permitted"),
        (lambda v: v.update(policy_version=0), "policy_version: Input should be greater"),
        (lambda v: v.update(policy_version="7"), "policy_version: Input should be a valid integer"),
        (lambda v: v["files"].clear(), "files: expected policy.onnx, found none"),
        (lambda v: v["files"]["policy.onnx"].update(sha256="xyz"), "files.policy.onnx.sha256"),
        (lambda v: v["files"]["policy.onnx"].update(size=10**12), "files.policy.onnx.size"),
        (lambda v: v.update(contract_hash="0" * 64), "contract_hash: expected"),
        (lambda v: v["contract"].update(robot="ur5e"), "contract_hash: expected"),
        (lambda v: v["golden"].update(obs=v["golden"]["obs"][:7]), "at least 8 vectors, found 7"),
        (lambda v: v["golden"].update(tolerance=1e-3), "golden.tolerance: Input should be less"),
        (lambda v: v["golden"]["mean"].pop(), "golden.mean: expected 16 rows of 2 numbers"),
        (lambda v: v["golden"]["obs"][3].pop(), "golden.obs: expected 16 rows of 16 numbers"),
        (lambda v: v["golden"]["obs"][3].__setitem__(0, 1e300), "expected float32 numbers"),
        (lambda v: v["probe"]["velocity"].pop(), "probe.velocity: expected 3 rows of 2 numbers"),
        (lambda v: v["probe"]["goal"].pop(), "probe.goal: expected one goal"),
    ],
)
def test_a_wrong_entry_is_named(values, change, expected):
    change(values)
    assert expected in refusal(render_values(values))


@pytest.mark.parametrize(
    "name", ["../policy.onnx", "/etc/passwd", "a/b", "..", ".", ".hidden", "a\\b", "", "a\nb", "~"]
)
def test_a_file_name_that_leads_anywhere_is_refused(values, name):
    values["files"][name] = values["files"]["policy.onnx"]
    assert "expected a plain file name inside the bundle" in refusal(render_values(values))


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300) | JSON_VALUES.map(lambda v: json.dumps(v).encode()))
def test_no_bytes_make_the_parser_fail_otherwise_than_by_name(data):
    assert refusal(data)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(key=st.sampled_from(KEYS), value=JSON_VALUES)
def test_any_value_in_any_place_is_taken_whole_or_refused_by_name(values, key, value):
    changed = json.loads(json.dumps(values))
    place = changed
    for part in key[:-1]:
        place = place[part]
    place[key[-1]] = value
    try:
        data = render_values(changed)
    except ValueError:  # NaN cannot even be written
        data = json.dumps(changed).encode()
    try:
        manifest = parse_manifest(data, "m.json")
    except BundleError as error:
        assert str(error).startswith("m.json: ")
    else:
        assert render_manifest(manifest) == data


def test_a_missing_directory_or_manifest_is_named(tmp_path):
    with pytest.raises(BundleError, match="expected a bundle directory, found none"):
        read_manifest(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"manifest\.json: expected a plain file.*No such file"):
        read_manifest(tmp_path)


def test_a_huge_manifest_is_refused_before_it_is_read(bundle):
    with (bundle / "manifest.json").open("r+b") as file:
        file.truncate(10**12)  # a sparse terabyte
    with pytest.raises(BundleError, match="expected at most 2000000 bytes, found 1000000000000"):
        read_manifest(bundle)


def test_a_bundle_is_read_with_its_manifest_and_signature(bundle):
    names = ("manifest.json", "policy.onnx")
    expected = {name: (bundle / name).read_bytes() for name in names}
    assert read_bundle(bundle) == (read_manifest(bundle), expected)
    (bundle / "manifest.sig").write_bytes(b"signed")
    assert read_bundle(bundle)[1] == expected | {"manifest.sig": b"signed"}


def test_a_huge_signature_and_a_damaged_file_are_not_read_with_a_bundle(bundle):
    (bundle / "manifest.sig").write_bytes(bytes(10_001))
    with pytest.raises(BundleError, match=r"manifest\.sig: expected at most 10000 bytes"):
        read_bundle(bundle)
    (bundle / "manifest.sig").unlink()
    (bundle / "policy.onnx").write_bytes(b"other")
    with pytest.raises(BundleError, match=r"policy\.onnx: expected \d+ bytes, found 5"):
        read_bundle(bundle)


def test_links_folders_and_pipes_are_refused_without_waiting(bundle, tmp_path):
    target = tmp_path / "outside.onnx"
    (bundle / "policy.onnx").rename(target)
    manifest = read_manifest(bundle)
    (bundle / "policy.onnx").symlink_to(target)
    with pytest.raises(BundleError, match="expected a plain file"):
        read_files(bundle, manifest)
    (bundle / "policy.onnx").unlink()
    (bundle / "policy.onnx").mkdir()
    with pytest.raises(BundleError, match="expected a plain file, found something else"):
        read_files(bundle, manifest)
    (bundle / "policy.onnx").rmdir()
    os.mkfifo(bundle / "policy.onnx")
    with pytest.raises(BundleError, match="expected a plain file, found something else"):
        read_files(bundle, manifest)
