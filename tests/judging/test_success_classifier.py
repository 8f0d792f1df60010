"""A classifier's file, its arithmetic, and how it is fitted."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.exceptions import JudgingError
from rl_agent.judging.classifier_judge import ClassifierJudge
from rl_agent.judging.features import base_features, num_quadratic, quadratic
from rl_agent.judging.fit import LabelledSteps, fit_classifier
from rl_agent.judging.judges import check_task, make_judge
from rl_agent.judging.success_classifier import SuccessClassifier, read_classifier
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from rl_agent.types import Transition

EMPTY = np.zeros(0, np.float32)


def ball(**changes):
    """One context, one goal: a success within 1 of the goal, p = sigmoid(1 - d^2)."""
    values = dict(
        task={"task": "Ball"},
        context_dim=1,
        goal_dim=1,
        mean=np.zeros(2),
        scale=np.ones(2),
        # x, d, x x, x d, d d
        weights=np.array([0.0, 0.0, 0.0, 0.0, -1.0]),
        bias=1.0,
        facts={"found_share": 0.9},
    )
    return SuccessClassifier(**{**values, **changes})


def transition(context, goal):
    return Transition(
        *([EMPTY] * 4),
        reward=0.0,
        terminated=False,
        truncated=False,
        next_obs=EMPTY,
        context=EMPTY,
        next_context=np.array([context], np.float32),
        goal=np.array([goal], np.float32),
    )


def test_features_are_the_values_and_their_products():
    # Context 1, 2 and goal 4, 6: relative 3, 4.
    base = base_features(np.array([1.0, 2.0]), np.array([4.0, 6.0]))
    assert base.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert base_features(np.array([1.0]), np.zeros(0)).tolist() == [1.0]
    assert quadratic(np.array([2.0, 3.0])).tolist() == [2.0, 3.0, 4.0, 6.0, 9.0]
    assert num_quadratic(2) == 5 and num_quadratic(6) == 27


def test_probabilities_by_hand():
    context, goal = np.array([[0.0], [0.0], [5.0]]), np.array([[0.0], [2.0], [6.0]])
    # d = 0, 2, 1: sigmoid of 1, -3, 0.
    expected = [1 / (1 + math.exp(-1)), 1 / (1 + math.exp(3)), 0.5]
    np.testing.assert_allclose(ball().probability(context, goal), expected)
    assert ball().is_sure(context, goal).tolist() == [True, False, True]
    assert np.isnan(ball().probability(np.array([np.nan]), np.array([0.0])))
    assert not ball().is_sure(np.array([np.nan]), np.array([0.0]))


def test_it_reads_what_it_wrote_and_its_digest_is_of_its_weights(tmp_path):
    path = tmp_path / "judge.json"
    ball().write(path)
    again = read_classifier(path)
    assert again.to_json() == ball().to_json()
    assert again.digest == ball().digest != ball(bias=1.1).digest


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": 0.0},
        {"bias": math.nan},
        {"scale": np.array([1.0, 0.0])},
        {"weights": np.zeros(4)},
        {"context_dim": 2},
    ],
)
def test_numbers_that_do_not_fit_are_refused(changes):
    with pytest.raises(ValueError, match=r"finite|fit|not those|threshold"):
        ball(**changes)


@given(
    st.one_of(
        st.text(max_size=50),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from([*json.loads(ball().to_json())]), inner, max_size=9
                )
            ),
        ).map(json.dumps),
    )
)
def test_garbage_in_its_place_is_a_named_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("judge") / "judge.json"
    path.write_text(text)
    with pytest.raises(JudgingError, match="is no success classifier"):
        read_classifier(path)


def test_a_file_that_is_missing_says_how_to_make_one(tmp_path):
    with pytest.raises(JudgingError, match="surefoot judge fit"):
        read_classifier(tmp_path / "none.json")


def test_it_must_have_been_sure_for_a_while():
    judge = ClassifierJudge(ball(), policy_hz=20.0)
    # A quarter of a second at 20 Hz: five steps in a row.
    near, far, unknown = transition(0.0, 0.5), transition(0.0, 2.0), transition(np.nan, 0.0)
    says = [judge.look(t) for t in (near, near, near, near, far, near, near, unknown)]
    assert says == [None] * 8
    assert [judge.look(near) for _ in range(5)] == [None] * 4 + [True]
    judge.forget()
    assert judge.look(near) is None
    assert judge.name == f"classifier {ball().digest}"


def test_a_classifier_of_another_task_is_refused(tmp_path):
    task = make_task("swing_up", load_robot("cartpole"), None)
    path = tmp_path / "judge.json"
    ball().write(path)
    with pytest.raises(JudgingError, match="'SwingUpTask'"):
        make_judge(str(path), task, 50.0)
    own = ball(task=task.describe(), context_dim=2, goal_dim=0)
    with pytest.raises(JudgingError, match="the robot's task"):
        check_task(own, task, "own")
    assert make_judge("task", task, 50.0) is None
    assert make_judge("human", task, 50.0).name == "human"


def reaches(num_labels, rng):
    """Reaches into the air: a person calls 2 cm from the goal a success."""
    goals = rng.uniform(-0.3, 0.3, (5000 + num_labels, 3))
    distance = np.maximum(np.abs(rng.normal(0.0, 0.12, 5000)), 0.02)
    distance = np.concatenate([distance, rng.uniform(0.0, 0.02, num_labels)])
    return LabelledSteps(
        task={"task": "ReachTask", "goal_dim": 3},
        contexts=goals + beside(distance, rng),
        goals=goals,
        is_success=np.arange(5000 + num_labels) >= 5000,
    )


def beside(distance, rng):
    direction = rng.normal(size=(len(distance), 3))
    return direction / np.linalg.norm(direction, axis=1, keepdims=True) * distance[:, None]


def test_fifty_labels_are_enough_for_a_place():
    rng = np.random.default_rng(0)
    classifier = fit_classifier(reaches(50, rng))
    goals = rng.uniform(-0.3, 0.3, (4000, 3))

    def share(distance_m):
        contexts = goals + beside(np.full(4000, distance_m), rng)
        return float(classifier.is_sure(contexts, goals).mean())

    assert share(0.0) == 1.0 and share(0.01) > 0.95
    # Nothing far away is one.
    assert share(0.03) == 0.0 and share(0.1) == 0.0 and share(0.5) == 0.0
    assert classifier.facts["found_share"] > 0.7 and classifier.facts["false_share"] < 0.002


def test_too_few_labels_are_refused_with_what_to_do():
    with pytest.raises(JudgingError, match="say y at each success"):
        fit_classifier(reaches(4, np.random.default_rng(0)))


def test_labels_that_look_like_all_else_are_not_believed():
    rng = np.random.default_rng(1)
    contexts = rng.normal(size=(2000, 3))
    steps = LabelledSteps(
        task={}, contexts=contexts, goals=np.zeros((2000, 0)), is_success=rng.random(2000) < 0.05
    )
    with pytest.raises(JudgingError, match="looks like all else"):
        fit_classifier(steps)


def test_successes_that_nobody_called_one_do_not_drown_the_others():
    # Of 1000 steps at rest in the middle 60 are labelled; 4000 are elsewhere.
    rng = np.random.default_rng(2)
    middle, away = rng.uniform(-0.1, 0.1, (1000, 1)), rng.uniform(0.5, 2.0, (4000, 1))
    is_success = np.zeros(5000, dtype=bool)
    is_success[rng.permutation(1000)[:60]] = True
    lived = rng.permutation(5000)
    steps = LabelledSteps(
        task={},
        contexts=np.concatenate([middle, away])[lived],
        goals=np.zeros((5000, 0)),
        is_success=is_success[lived],
    )
    classifier = fit_classifier(steps)
    # p(labelled) is 60 / 1000 in the middle, and it is sure from half of that on.
    assert classifier.threshold == pytest.approx(0.03, rel=0.15)
    assert classifier.is_sure(middle, np.zeros((1000, 0))).mean() > 0.99
    assert not classifier.is_sure(away, np.zeros((4000, 0))).any()
