import json

import gymnasium
import numpy as np
import pytest
import typer
from bundles import make_bundle
from typer.testing import CliRunner

from rl_agent.cli.eval import eval_verb
from rl_agent.exceptions import BundleError, ContractError, ProfileError
from rl_agent.learning.twin_evaluation import Evaluation, evaluate
from rl_agent.planning.damped_least_squares import DampedLeastSquares
from rl_agent.robots.profile import load_robot
from rl_agent.trained.policy_source import make_twin, open_policy
from rl_agent.types import Reason


@pytest.fixture(scope="module")
def env():
    env = make_twin(load_robot("so101"), "reach")
    yield env
    env.close()


@pytest.fixture(scope="module")
def bundle(env, tmp_path_factory):
    out_dir = tmp_path_factory.mktemp("eval") / "bundle"
    return make_bundle(out_dir, env.unwrapped.robot, env.unwrapped.task)


@pytest.fixture
def controller(env):
    twin = env.unwrapped
    controller = DampedLeastSquares(twin.robot, twin.twin.kinematics)
    return lambda obs: controller.act(twin.loop.measurement, twin.goal)


def test_a_controller_that_reaches_is_told_so(env, controller):
    result = evaluate(env, controller, num_episodes=10, seed=3)
    assert result.success_rate == 1.0
    assert 0.2 <= result.median_time_s <= 2.0
    # The trial ends after half a second within 2 cm.
    assert result.mean_final_error <= 0.02
    assert all(e.num_steps == round(e.time_to_target_s * 20) + 10 for e in result.episodes)


def test_a_policy_that_stands_still_reaches_nothing(env):
    result = evaluate(env, lambda obs: np.zeros(4, np.float32), num_episodes=5, seed=3)
    assert result.success_rate == 0.0
    assert result.median_time_s is None
    assert [episode.num_steps for episode in result.episodes] == [80] * 5
    assert min(episode.final_error for episode in result.episodes) >= 0.09


def test_the_same_seed_gives_every_policy_the_same_targets(env, controller):
    one = evaluate(env, controller, num_episodes=5, seed=8)
    lazy = evaluate(env, lambda obs: 0.8 * controller(obs), num_episodes=5, seed=8)
    other = evaluate(env, controller, num_episodes=5, seed=9)
    assert [e.goal for e in one.episodes] == [e.goal for e in lazy.episodes]
    assert [e.goal for e in one.episodes] != [e.goal for e in other.episodes]


def test_an_evaluation_is_repeatable(env, controller):
    assert evaluate(env, controller, num_episodes=3, seed=1) == evaluate(
        env, controller, num_episodes=3, seed=1
    )


def test_what_the_policy_refuses_is_counted_and_the_robot_stands(env):
    result = evaluate(env, lambda obs: None, num_episodes=1, seed=0)
    assert result.num_refused == 80
    assert result.success_rate == 0.0


def test_a_safety_stop_fails_one_target_not_all(env, controller):
    broken = iter([np.full(4, np.nan, np.float32)])
    result = evaluate(env, lambda obs: next(broken, controller(obs)), num_episodes=3, seed=2)
    assert [episode.is_success for episode in result.episodes] == [False, True, True]
    assert result.episodes[0].num_steps < 80


class Gated(gymnasium.Wrapper):
    """Whose gate ramps up at first, and limits the third step and the fourth."""

    def __init__(self, env):
        super().__init__(env)
        self._reasons = iter(2 * [Reason.START_RAMP] + 2 * [Reason.START_RAMP | Reason.VELOCITY])

    def step(self, action):
        *result, info = self.env.step(action)
        return *result, info | {"reasons": int(next(self._reasons, Reason.SPEED_SCALE))}


def test_steps_that_a_limit_changed_are_counted_and_no_others(env):
    (episode,) = evaluate(
        Gated(env), lambda obs: np.zeros(4, np.float32), num_episodes=1, seed=3
    ).episodes
    assert (episode.num_steps, episode.num_interventions) == (80, 2)


def test_a_task_without_targets_is_judged_by_its_last_second():
    env = make_twin(load_robot("cartpole"), "swing_up")
    result = evaluate(env, lambda obs: np.zeros(1, np.float32), num_episodes=1, seed=0)
    assert result.error_unit == "rad"
    assert result.success_rate == 0.0
    # Ten seconds, hanging: the pole stays about pi from upright.
    assert result.episodes[0].num_steps == round(10.0 * env.unwrapped.robot.policy_hz)
    assert result.mean_final_error == pytest.approx(np.pi, abs=0.2)
    env.close()


def test_a_bundle_names_its_robot_task_and_rate(tmp_path):
    spec = load_robot("ur5e", policy_hz=50)
    env = make_twin(spec, "reach")
    bundle = make_bundle(tmp_path / "b", spec, env.unwrapped.task)
    with open_policy(bundle) as source:
        assert source.backend == "onnx"
        assert source.spec.name == "ur5e" and source.spec.policy_hz == 50.0
        assert source.env.unwrapped.task.error_unit == "m"
    env.close()


def test_another_robot_and_a_wrong_backend_are_refused_by_name(bundle, tmp_path):
    with pytest.raises(ContractError, match="the robot expects ur5e, the policy has so101"):
        open_policy(bundle, robot="ur5e").__enter__()
    with pytest.raises(BundleError, match="holds no torch weights"):
        open_policy(bundle, "torch").__enter__()
    with pytest.raises(ProfileError, match="no such robot or file; did you mean 'so101'"):
        open_policy(bundle, robot="so100").__enter__()


def run_verb(*arguments):
    app = typer.Typer()
    app.command()(eval_verb)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None, result.output
    return result.output


def test_the_verb_prints_a_table_and_writes_json(bundle, tmp_path):
    path = tmp_path / "deep" / "eval.json"
    output = run_verb(bundle, "--episodes", 2, "--seed", 4, "--json", path)
    assert "success" in output and "0.0 %" in output and "mean final error" in output
    values = json.loads(path.read_text())
    assert values["backend"] == "onnx" and values["robot"] == "so101" and values["seed"] == 4
    assert values["num_episodes"] == 2 and len(values["episodes"]) == 2
    assert len(values["episodes"][0]["goal"]) == 3


def test_json_on_standard_output_is_nothing_but_json(bundle):
    values = json.loads(run_verb(bundle, "--episodes", 1, "--json", "-"))
    assert values["success_rate"] == 0.0


def test_figures_are_those_of_the_episodes():
    def episode(is_success, time_s, error):
        return dict(
            is_success=is_success,
            time_to_target_s=time_s,
            final_error=error,
            episode_return=2.0,
            num_steps=10,
            num_interventions=1,
            num_refused=0,
            goal=[],
        )

    from rl_agent.learning.twin_evaluation import EpisodeResult

    rows = [episode(True, 1.0, 0.01), episode(True, 3.0, 0.02), episode(False, None, 0.3)]
    episodes = tuple(EpisodeResult(**row) for row in rows)
    result = Evaluation(task="ReachTask", error_unit="m", seed=0, episodes=episodes)
    assert result.success_rate == pytest.approx(2 / 3)
    assert result.median_time_s == 2.0
    assert result.mean_final_error == pytest.approx(0.11)
    assert result.intervention_share == pytest.approx(0.1)
    assert result.mean_return == 2.0
