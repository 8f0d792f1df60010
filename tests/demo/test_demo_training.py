import json

import pytest

from rl_agent.exceptions import ProblemsError
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.run_folder import write_config
from surefoot_nodes import demo_training
from surefoot_nodes.demo_plan import DemoPlan
from surefoot_nodes.demo_training import StepFailedError, run_step, train_policy

METRICS = [
    {"kind": "episode", "env_step": 80 * (n + 1), "return": 0.0, "is_success": int(n >= 8)}
    for n in range(10)
] + [
    {"kind": "train", "env_step": 800, "gradient_step": 1200},
    {"kind": "evaluation", "env_step": 800, "success_rate": 0.95, "mean_final_error": 0.01},
]


@pytest.fixture
def plan(tmp_path):
    return DemoPlan(out=tmp_path, seed=4)


@pytest.fixture
def steps(monkeypatch, plan):
    """What would have been run; a training leaves its metrics behind."""
    ran = []

    def run(verb, arguments, plan, *, shows_output=False):
        ran.append((verb, list(arguments)))
        plan.run_dir.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(line) + "\n" for line in METRICS)
        (plan.run_dir / "metrics.jsonl").write_text(lines)

    monkeypatch.setattr(demo_training, "run_step", run)
    return ran


def hold_run(plan, seed):
    write_config(plan.run_dir, TrainConfig(env="sim:So101Reach-v0", seed=seed))
    (plan.run_dir / "checkpoints/000000500").mkdir(parents=True)
    (plan.run_dir / "checkpoints/best").mkdir()


def test_the_training_is_the_one_that_users_type(plan, steps):
    assert train_policy(plan).resumed_step is None
    words = ["--env", "sim:So101Reach-v0", "--seed", "4", "--out", str(plan.run_dir), "--resume"]
    assert steps == [("train", words)]


def test_a_robot_from_a_file_trains_in_the_general_twin(tmp_path, steps):
    train_policy(DemoPlan(out=tmp_path, robot="my_arm.yaml"))
    assert "env_options.robot=my_arm.yaml" in steps[0][1]


def test_the_curve_is_read_from_the_runs_metrics(plan, steps):
    training = train_policy(plan).training
    assert (training.env_steps, training.gradient_steps) == (800, 1200)
    assert [(point.env_step, point.success_share) for point in training.curve] == [(800, 0.95)]
    # Means over eight attempts: the first eight failed, then two succeeded.
    shares = [(point.env_step, point.success_share) for point in training.practice]
    assert shares == [(640, 0.0), (720, 0.125), (800, 0.25)]


def test_an_interrupted_training_goes_on_and_its_time_adds_up(plan, steps):
    hold_run(plan, seed=4)
    (plan.run_dir / "demo_seconds.txt").write_text("100.0\n")
    outcome = train_policy(plan)
    assert outcome.resumed_step == 500
    assert 100.0 <= outcome.training.seconds < 101.0
    assert float((plan.run_dir / "demo_seconds.txt").read_text()) >= 100.0


def test_a_training_with_another_seed_is_neither_used_nor_lost(plan, steps):
    hold_run(plan, seed=5)
    with pytest.raises(ProblemsError, match="seed 5; add --fresh"):
        train_policy(plan)
    assert steps == []
    assert (plan.run_dir / "checkpoints/000000500").is_dir()


def test_fresh_begins_anew(tmp_path, steps):
    plan = DemoPlan(out=tmp_path, seed=4, is_fresh=True)
    hold_run(plan, seed=5)
    assert train_policy(plan).resumed_step is None
    assert not (plan.run_dir / "checkpoints").exists()


def test_a_step_that_fails_says_its_own_words(plan):
    with pytest.raises(StepFailedError, match=r"status 2(?s:.*)no training run"):
        run_step("export", [str(plan.out)], plan)
