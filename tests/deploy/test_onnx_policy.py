import dataclasses
import time

import numpy as np
import pytest
from bundles import NumpyMlp, make_bundle, make_content
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.deploy.bundle import write_bundle
from rl_agent.deploy.onnx_policy import OnnxPolicy, relative_error
from rl_agent.deploy.session import CPU, SessionSettings
from rl_agent.exceptions import BundleError, ContractError
from rl_agent.tasks.registry import make_task


@pytest.fixture
def policy(bundle, spec, task):
    return OnnxPolicy(bundle, spec, task)


def refusal(bundle, spec, task, error=BundleError, **settings):
    with pytest.raises(error) as caught:
        OnnxPolicy(bundle, spec, task, SessionSettings(**settings))
    return str(caught.value)


def observations(count, obs_dim, seed=3):
    return np.random.default_rng(seed).normal(0.0, 2.0, (count, obs_dim)).astype(np.float32)


def test_actions_equal_the_network_in_numpy(policy):
    network = NumpyMlp.random(policy.obs_dim, policy.act_dim)
    for obs in observations(200, policy.obs_dim):
        mean, log_std = network(obs)
        action = policy.act(obs)
        assert action.dtype == np.float32 and action.shape == (2,)
        np.testing.assert_allclose(action, np.tanh(mean), atol=1e-5)
        found_mean, found_log_std = policy.mean_log_std(obs)
        assert relative_error(found_mean, mean) <= 1e-5
        assert relative_error(found_log_std, log_std) <= 1e-5


def test_results_do_not_change_when_the_next_one_is_computed(policy):
    first, second = observations(2, policy.obs_dim)
    action, (mean, log_std) = policy.act(first), policy.mean_log_std(first)
    kept = action.copy(), mean.copy(), log_std.copy()
    policy.act(second)
    np.testing.assert_array_equal(action, kept[0])
    np.testing.assert_array_equal(mean, kept[1])
    np.testing.assert_array_equal(log_std, kept[2])


def test_samples_follow_the_gaussian_before_the_tanh(policy):
    obs = 0.3 * observations(1, policy.obs_dim)[0]
    mean, log_std = policy.mean_log_std(obs)
    rng = np.random.default_rng(0)
    samples = np.arctanh(np.array([policy.sample(obs, rng) for _ in range(4000)], np.float64))
    # Standard error of the mean is std / 63, of the std about std / 89: five of each.
    assert (np.abs(samples.mean(0) - mean) <= 5 * np.exp(log_std) / 63).all()
    assert (np.abs(samples.std(0) - np.exp(log_std)) <= 5 * np.exp(log_std) / 89).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_observation_that_is_not_finite_gives_no_action(policy, value):
    obs = observations(1, policy.obs_dim)[0]
    good = policy.act(obs)
    for place in range(policy.obs_dim):
        broken = obs.copy()
        broken[place] = value
        assert policy.act(broken) is None
        assert policy.mean_log_std(broken) is None
        assert policy.sample(broken, np.random.default_rng(0)) is None
    assert policy.num_refused == 3 * policy.obs_dim
    assert policy.last_refusal == "observation holds NaN or inf"
    np.testing.assert_array_equal(policy.act(obs), good)


def test_a_number_beyond_float32_gives_no_action(policy):
    assert policy.act(np.full(policy.obs_dim, 1e300)) is None


@pytest.mark.parametrize("shape", [(15,), (17,), (1, 16), (), (0,)])
def test_an_observation_of_the_wrong_shape_gives_no_action(policy, shape):
    assert policy.act(np.zeros(shape, np.float32)) is None
    assert f"expected an observation of shape (16,), got {shape}" in policy.last_refusal


def test_an_output_that_overflows_gives_no_action(policy):
    assert policy.act(np.full(policy.obs_dim, 3e38, np.float32)) is None
    assert policy.last_refusal == "the network's output holds NaN or inf"


def test_a_failing_runtime_gives_no_action(policy):
    class Broken:
        def run_with_iobinding(self, binding):
            raise RuntimeError("device lost")

    policy._session = Broken()
    assert policy.act(np.zeros(policy.obs_dim, np.float32)) is None
    assert policy.last_refusal == "inference failed: device lost"


def test_a_cut_model_is_refused_with_both_sizes(bundle, spec, task):
    data = (bundle / "policy.onnx").read_bytes()
    for share in (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999):
        size = int(share * len(data))
        (bundle / "policy.onnx").write_bytes(data[:size])
        text = refusal(bundle, spec, task)
        assert f"expected {len(data)} bytes, found {size}" in text


def test_none_of_1000_mutations_is_accepted(bundle, spec, task):
    rng = np.random.default_rng(0)
    originals = {name: (bundle / name).read_bytes() for name in ("policy.onnx", "manifest.json")}
    accepted = []
    for count in range(1000):
        name = ("policy.onnx", "manifest.json")[count % 2]
        data = bytearray(originals[name])
        _mutate(data, count, rng)
        (bundle / name).write_bytes(bytes(data))
        try:
            OnnxPolicy(bundle, spec, task)
        except (BundleError, ContractError) as error:
            assert "expected" in str(error) and "found" in str(error)
        else:
            accepted.append((count, name))
        (bundle / name).write_bytes(originals[name])
    assert accepted == []
    assert OnnxPolicy(bundle, spec, task).policy_version == 1


def _mutate(data, count, rng):
    place = int(rng.integers(len(data)))
    if count % 10 < 6:  # one bit
        data[place] ^= 1 << int(rng.integers(8))
    elif count % 10 < 8:  # cut to 10-99.9 %
        del data[int(len(data) * rng.uniform(0.1, 0.999)) :]
    elif count % 20 < 18:  # a stretch of zeros
        end = place + 1 + int(rng.integers(200))
        data[place:end] = bytes(len(data[place:end]))
        data.append(0)
    else:  # bytes in or out
        data[place:place] = bytes(rng.integers(0, 256, 4, dtype=np.uint8))


def test_zeros_are_refused_even_with_matching_hashes(bundle, spec, task, forge):
    forge(bundle, model=bytes(2000))
    assert "ONNX Runtime cannot load it" in refusal(bundle, spec, task)


def test_another_policy_under_this_manifest_is_refused(bundle, spec, task, tmp_path):
    other = make_bundle(tmp_path / "other", spec, task, seed=1)
    (bundle / "policy.onnx").write_bytes((other / "policy.onnx").read_bytes())
    text = refusal(bundle, spec, task)
    assert "expected sha256" in text and "damaged or from another bundle" in text


def test_another_policy_with_matching_hashes_fails_the_golden_vectors(
    bundle, spec, task, tmp_path, forge
):
    other = make_bundle(tmp_path / "other", spec, task, seed=1)
    forge(bundle, model=(other / "policy.onnx").read_bytes())
    text = refusal(bundle, spec, task)
    assert "golden vector 0: expected [[" in text and "at most 1e-05" in text


def test_a_policy_of_another_contract_is_refused_by_its_metadata(
    bundle, spec, task, tmp_path, forge
):
    renamed = dataclasses.replace(spec, name="other")
    other = make_bundle(tmp_path / "other", renamed, task)
    forge(bundle, model=(other / "policy.onnx").read_bytes())
    assert "the model belongs to another bundle" in refusal(bundle, spec, task)


@pytest.mark.parametrize("width", [15, 17])
def test_a_model_of_another_size_is_refused(bundle, spec, task, forge, width):
    metadata = {"contract_hash": OnnxPolicy(bundle, spec, task).manifest.contract_hash}
    model = NumpyMlp.random(width, 2).to_onnx(metadata)
    forge(bundle, model=model.SerializeToString())
    text = refusal(bundle, spec, task)
    assert "'obs': ('tensor(float)', [16])" in text and f"[{width}]" in text


def test_a_model_without_log_std_is_refused(bundle, spec, task, forge):
    content, model = make_content(spec, task)
    del model.graph.output[1]
    forge(bundle, model=model.SerializeToString())
    assert "'log_std'" in refusal(bundle, spec, task)
    assert content.contract["act_dim"] == 2


def test_weights_outside_the_file_are_refused_and_never_opened(bundle, spec, task, forge):
    _, model = make_content(spec, task)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    forge(bundle, model=model.SerializeToString())
    assert "external data (location=../../etc/passwd)" in refusal(bundle, spec, task)


def test_weights_that_are_not_finite_are_refused(spec, task, tmp_path):
    content, model = make_content(spec, task)
    network = NumpyMlp.random(16, 2)
    network.weights[1][0, 0] = np.nan
    broken = network.to_onnx({p.key: p.value for p in model.metadata_props})
    write_bundle(tmp_path / "b", broken.SerializeToString(), content)
    assert "expected weights that are numbers, found NaN" in refusal(tmp_path / "b", spec, task)


@pytest.mark.parametrize("name", ["extra.bin", ".hidden", "weights.data"])
def test_a_file_that_the_manifest_does_not_name_is_refused(bundle, spec, task, name):
    (bundle / name).write_bytes(b"x")
    assert f"found also {name}" in refusal(bundle, spec, task)


@pytest.mark.parametrize("name", ["policy.onnx", "manifest.json"])
def test_a_missing_file_is_named(bundle, spec, task, name):
    (bundle / name).unlink()
    text = refusal(bundle, spec, task)
    assert f"{name}: expected a plain file" in text and "No such file" in text


def test_a_model_beyond_the_size_limit_is_refused_before_it_is_read(bundle, spec, task):
    with (bundle / "policy.onnx").open("r+b") as file:
        file.truncate(10**11)  # sparse
    assert "expected at most 64000000 bytes, found 100000000000" in refusal(bundle, spec, task)


def test_a_bundle_of_another_robot_is_refused_with_every_difference(bundle, task):
    joints = tuple(dataclasses.replace(j, name=j.name + "x") for j in planar_spec().joints)
    action = dataclasses.replace(planar_spec().action, joints=("ax", "bx"))
    other = planar_spec(name="other", joints=joints, action=action, policy_hz=50.0)
    text = refusal(bundle, other, make_task("reach", other, PlanarKinematics()), ContractError)
    assert "robot: the robot expects other, the policy has planar" in text
    assert "policy rate [Hz]: the robot expects 50, the policy has 20" in text
    assert "contract.joints.ax" in text and "contract.joints.b:" in text


def test_another_observation_layout_is_refused(bundle, task):
    other = planar_spec(obs_terms=("previous_action", "joint_position", "tool_jacobian"))
    text = refusal(bundle, other, make_task("reach", other, PlanarKinematics()), ContractError)
    assert "contract.obs_layout.joint_position: the robot expects 2 numbers from place 2" in text


def test_another_geometry_is_refused(bundle, spec):
    class Longer(PlanarKinematics):
        def tool_position(self, position):
            return 1.2 * super().tool_position(position)

    task = make_task("reach", spec, Longer())
    assert "tool's geometry changed" in refusal(bundle, spec, task, ContractError)


def test_a_missing_accelerator_is_refused_unless_the_fallback_is_allowed(bundle, spec, task):
    cuda = ("CUDAExecutionProvider",)
    text = refusal(bundle, spec, task, providers=cuda)
    assert "expected CUDAExecutionProvider, found" in text and "allow_cpu_fallback" in text
    settings = SessionSettings(providers=cuda, allow_cpu_fallback=True)
    assert OnnxPolicy(bundle, spec, task, settings)._session.get_providers() == [CPU]


def test_a_policy_that_is_too_slow_for_its_rate_is_refused(bundle, spec, task):
    assert "inference is too slow" in refusal(bundle, spec, task, max_latency_s=1e-9)


def test_a_256_wide_policy_answers_in_well_under_a_millisecond(
    tmp_path, spec, task, record_property
):
    policy = OnnxPolicy(make_bundle(tmp_path / "b", spec, task, width=256), spec, task)
    obs = observations(1, policy.obs_dim)[0]
    times = []
    for _ in range(2000):
        start = time.perf_counter()
        policy.act(obs)
        times.append(time.perf_counter() - start)
    p50, p99 = np.percentile(times, [50, 99])
    record_property("act_p50_us", 1e6 * p50)
    record_property("act_p99_us", 1e6 * p99)
    # About 10 us on a quiet machine; the bound leaves room for a busy one.
    assert p50 <= 200e-6
