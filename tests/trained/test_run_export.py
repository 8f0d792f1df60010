import json
import shutil

import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.cli.export import export_verb
from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.deploy.signing import make_key_file
from rl_agent.exceptions import (
    BundleError,
    CheckpointError,
    ContractError,
    EnvironmentNotSupportedError,
    ProblemsError,
    ProfileError,
)
from rl_agent.learning.config import EvaluationConfig, TrainConfig
from rl_agent.learning.run_folder import code_commit, read_config, write_config
from rl_agent.learning.training import train
from rl_agent.learning.twin_evaluation import evaluate
from rl_agent.robots.profile import load_robot
from rl_agent.trained.policy_source import bundle_robot, open_policy
from rl_agent.trained.run_export import export_bundle
from rl_agent.trained.trained_policy import open_run

EVALUATION = EvaluationConfig(every=40, first=40, num_episodes=1, num_confirm=1)
SAC = SacConfig(
    actor_hidden_dims=(32, 32), critic_hidden_dims=(8,), batch_size=8, compile="off", num_threads=1
)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """Sixty steps: the best policy is that of step 40 or 60, the newest that of step 60."""
    run_dir = tmp_path_factory.mktemp("runs") / "first"
    config = TrainConfig(
        env="sim:So101Reach-v0",
        num_steps=60,
        learning_starts=20,
        seed=7,
        evaluation=EVALUATION,
        agent=SAC,
    )
    threads = torch.get_num_threads()
    train(config, run_dir)
    yield run_dir
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def report(run_dir, tmp_path_factory):
    return export_bundle(run_dir, tmp_path_factory.mktemp("bundles") / "b", which="newest")


def test_the_bundle_holds_what_the_run_learned(run_dir, report):
    assert report.parity <= 1e-5 and report.num_parity == 16 + 1024 + 60
    with open_run(run_dir, which="newest") as trained:
        twin = trained.env.unwrapped
        policy = OnnxPolicy(report.out_dir, twin.robot, twin.task)
        for obs in trained.samples[:20]:
            with torch.no_grad():
                mean, _ = trained.module(torch.from_numpy(obs[None]))
            np.testing.assert_allclose(policy.act(obs), np.tanh(mean[0].numpy()), atol=1e-5)


def test_the_manifest_names_the_run_its_step_seed_and_commit(report):
    training = report.manifest.training
    assert (training.run, training.env_step, training.seed) == ("first", 60, 7)
    assert training.algorithm == "sac"
    assert training.commit.rstrip("+") == code_commit().rstrip("+")
    assert report.manifest.task == "reach"
    assert report.manifest.contract["robot"] == "so101"


def test_golden_inputs_are_taken_from_the_run(run_dir, report):
    with open_run(run_dir) as trained:
        met = {tuple(obs) for obs in trained.samples.tolist()}
    assert sum(tuple(obs) in met for obs in report.manifest.golden.obs) == 11


def test_the_best_policy_is_taken_unless_the_newest_is_asked_for(run_dir):
    with open_run(run_dir) as best, open_run(run_dir, which="best") as same:
        assert best.training == same.training
    with open_run(run_dir, which="newest") as newest:
        assert newest.training.env_step == 60


def test_both_backends_drive_the_twin_alike(run_dir):
    results = []
    for backend in ("torch", "onnx"):
        with open_policy(run_dir, backend) as source:
            assert source.backend == backend
            results.append(evaluate(source.env, source.act, num_episodes=2, seed=1))
    one, two = results
    assert [e.goal for e in one.episodes] == [e.goal for e in two.episodes]
    errors = [[e.final_error for e in result.episodes] for result in results]
    np.testing.assert_allclose(errors[0], errors[1], atol=1e-3)


def test_the_verb_prints_a_summary_and_what_to_do_next(run_dir, report, tmp_path):
    app = typer.Typer()
    app.command()(export_verb)
    result = CliRunner().invoke(app, [str(run_dir), "--out", str(tmp_path / "b")])
    assert result.exception is None, result.output
    sizes = f"{report.manifest.obs_dim} observations, 4 joints"
    for words in ("so101, reach", "20 Hz", sizes, "kB", "over 1100", "µs"):
        assert words in result.output
    assert f"Next: surefoot eval {tmp_path / 'b'}" in result.output
    assert f"surefoot up twin --robot so101 --bundle {tmp_path / 'b'}" in result.output


def test_export_signs_for_a_robot_that_pins_the_key(run_dir, tmp_path):
    key = make_key_file(tmp_path / "key.pem")
    twin = load_robot("so101").source.parents[2] / "sim/models/so101/so101.xml"
    text = load_robot("so101").source.read_text().replace("mjcf: so101/so101.xml", f"mjcf: {twin}")
    profile = tmp_path / "so101.yaml"
    profile.write_text(f"{text}\nsigning_key: {key}\n")
    arguments = [str(run_dir), "--out", str(tmp_path / "b"), "--robot", str(profile)]
    app = typer.Typer()
    app.command()(export_verb)
    unsigned = CliRunner().invoke(app, arguments)
    assert isinstance(unsigned.exception, BundleError)
    assert "is not signed" in str(unsigned.exception)
    signed = CliRunner().invoke(app, [*arguments, "--sign", str(tmp_path / "key.pem")])
    assert signed.exception is None, signed.output
    assert key in signed.output
    assert (tmp_path / "key.pem").read_text().splitlines()[1] not in signed.output
    with open_policy(tmp_path / "b", robot=str(profile)) as source:
        assert source.spec.signing_key == key
    # What is exported for one evaluation in the twin was made here: it needs no signature.
    with open_policy(run_dir, "onnx", robot=str(profile)) as source:
        assert source.backend == "onnx"


@pytest.mark.parametrize("named", ["../../etc/robot.yaml", "robot.yaml", "a/b", "", ".."])
def test_a_bundle_cannot_choose_a_file_as_its_robots_profile(report, named):
    contract = {**report.manifest.contract, "robot": named}
    manifest = report.manifest.model_copy(update={"contract": contract})
    with pytest.raises(BundleError, match=r"expected a robot's name.*give --robot"):
        bundle_robot(manifest, None)
    assert bundle_robot(manifest, "so101").name == "so101"


def test_a_robot_of_the_users_own_is_named_by_its_file(tmp_path):
    twin = load_robot("so101").source.parents[2] / "sim/models/so101/so101.xml"
    text = load_robot("so101").source.read_text().replace("name: so101", "name: my_arm", 1)
    profile = tmp_path / "my arm.yaml"
    profile.write_text(text.replace("so101/so101.xml", str(twin)))
    config = TrainConfig(
        env="sim:Twin-v0",
        env_options={"robot": str(profile), "task": "reach"},
        num_steps=10,
        learning_starts=5,
        evaluation=EvaluationConfig(every=50, num_episodes=1),
        agent=SAC,
    )
    train(config, tmp_path / "run")
    app = typer.Typer()
    app.command()(export_verb)
    result = CliRunner().invoke(app, [str(tmp_path / "run"), "--out", str(tmp_path / "b")])
    assert result.exception is None, result.output
    assert f"surefoot eval {tmp_path / 'b'} --robot '{profile}'" in result.output
    with open_policy(tmp_path / "b", robot=str(profile)) as source:
        assert source.spec.name == "my_arm"
    with (
        pytest.raises(ProfileError, match="no such robot or file"),
        open_policy(tmp_path / "b"),
    ):
        pass


def test_a_damaged_checkpoint_is_refused_and_nothing_is_written(run_dir, tmp_path):
    copy = tmp_path / "copy"
    (copy / "checkpoints").mkdir(parents=True)
    for name in ("config.yaml", "contract.json"):
        (copy / name).write_bytes((run_dir / name).read_bytes())
    with pytest.raises(CheckpointError, match="no whole checkpoint"):
        export_bundle(copy, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_damaged_best_policy_gives_way_to_the_newest_and_is_told(run_dir, tmp_path, backend):
    copy = tmp_path / "copy"
    shutil.copytree(run_dir, copy)
    (copy / "checkpoints/best/state.json").unlink()
    messages = []
    with open_policy(copy, backend, on_message=messages.append) as source:
        assert source.backend == backend
    (message,) = messages
    assert "checkpoints/best" in message
    assert "taking the newest checkpoint instead, of step 60" in message


def test_the_verb_says_which_checkpoint_is_damaged(run_dir, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(run_dir, copy)
    (copy / "checkpoints/best/state.json").unlink()
    app = typer.Typer()
    app.command()(export_verb)
    result = CliRunner().invoke(app, [str(copy), "--out", str(tmp_path / "b")])
    assert result.exception is None, result.output
    assert "taking the newest checkpoint instead, of step 60" in result.stderr


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(ProblemsError, match="no training run here"):
        export_bundle(tmp_path, tmp_path / "b")
    with (
        pytest.raises(
            BundleError, match=r"expected a bundle .* or a training run .*, found neither"
        ),
        open_policy(tmp_path),
    ):
        pass


def test_a_policy_of_no_robot_is_refused(tmp_path):
    write_config(tmp_path, TrainConfig(env="Pendulum-v1", agent=SAC))
    with pytest.raises(EnvironmentNotSupportedError, match="Pendulum-v1: is no robot's twin"):
        export_bundle(tmp_path, tmp_path / "b")


def test_another_robot_than_the_run_was_for_is_refused(run_dir, tmp_path):
    with pytest.raises(ContractError, match="the robot expects ur5e, the policy has so101"):
        export_bundle(run_dir, tmp_path / "b", robot="ur5e")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("max_speed: [2.5, 2.5", "max_speed: [2.5, 1.0", "contract.max_speed"),
        ("policy_hz: 20", "policy_hz: 25", "contract.policy_hz"),
        ("dead_zone: 0.2", "dead_zone: 0.3", "contract.dead_zone"),
        ("pan_axis_m: [0.0388,", "pan_axis_m: [0.1,", "observation.goal"),
    ],
)
def test_a_profile_that_was_edited_after_training_is_refused(run_dir, tmp_path, old, new, expected):
    text = load_robot("so101").source.read_text()
    assert old in text
    twin = load_robot("so101").source.parents[2] / "sim/models/so101/so101.xml"
    text = text.replace(old, new).replace("so101/so101.xml", str(twin))
    (tmp_path / "so101.yaml").write_text(text)
    with pytest.raises(ContractError) as caught:
        export_bundle(run_dir, tmp_path / "b", robot=str(tmp_path / "so101.yaml"))
    assert expected in {problem.path for problem in caught.value.problems}


def test_resuming_under_an_edited_profile_is_refused(run_dir, tmp_path):
    copy = shutil.copytree(run_dir, tmp_path / "copy")
    noted = json.loads((copy / "contract.json").read_text())
    noted["contract"]["policy_hz"] = 50
    (copy / "contract.json").write_text(json.dumps(noted))
    with pytest.raises(ContractError, match="expects 20, the policy has 50"):
        train(read_config(copy), copy, should_resume=True)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema_version": 1}'])
def test_a_damaged_note_of_the_contract_is_refused(run_dir, tmp_path, text):
    copy = shutil.copytree(run_dir, tmp_path / "copy")
    (copy / "contract.json").write_text(text)
    with pytest.raises(BundleError, match="expected a run's contract"):
        export_bundle(copy, tmp_path / "b")
