import numpy as np
import pytest
from double_integrator import DoubleIntegrator

from rl_agent.learning.env_adapter import EnvAdapter
from rl_agent.learning.evaluate import EvaluationInterruptedError, Evaluator


def stand_still(obs):
    return np.zeros(1, np.float32)


def go_to_goal(obs):
    _, speed, distance = obs
    return np.clip([2.0 * distance - 2.0 * speed], -1, 1).astype(np.float32)


def test_a_controller_beats_standing_still():
    evaluator = Evaluator(EnvAdapter(DoubleIntegrator()), lambda: False)
    still, moving = (evaluator.run(act, 30, seed=1) for act in (stand_still, go_to_goal))
    assert moving.success_rate == 1.0
    # Goals are uniform in (-1, 1), so |goal| is 0.5 on average, over 40 steps.
    assert still.mean_return == pytest.approx(-20, abs=4)
    assert moving.is_better_than(still)
    assert moving.num_episodes == 30


def test_the_seed_alone_decides():
    evaluator = Evaluator(EnvAdapter(DoubleIntegrator()), lambda: False)
    first = evaluator.run(go_to_goal, 3, seed=1)
    assert evaluator.run(go_to_goal, 3, seed=2) != first
    assert evaluator.run(go_to_goal, 3, seed=1) == first


def test_a_stop_leaves_no_result():
    looks = iter([False] * 50 + [True])
    evaluator = Evaluator(EnvAdapter(DoubleIntegrator()), lambda: next(looks))
    with pytest.raises(EvaluationInterruptedError):
        evaluator.run(stand_still, 3, seed=1)


def test_a_twin_is_judged_by_the_rule_of_its_task():
    pytest.importorskip("mujoco")
    from rl_agent.learning.env_adapter import make_env

    env = make_env("sim:So101Reach-v0", {})
    score = Evaluator(env, lambda: False).run(lambda obs: np.zeros(4, np.float32), 2, seed=0)
    env.close()
    assert score.success_rate == 0.0
    assert score.mean_final_error >= 0.09
