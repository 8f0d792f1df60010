"""When what learns is looked at, and what is written then."""

from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from transitions import LAYOUT

from rl_agent.bonuses.bonus_config import BonusConfig
from rl_agent.exceptions import TrainingDivergedError
from rl_agent.learning import checkup, value_guard
from rl_agent.learning.checkup import Checkup
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.metrics import MetricsWriter, read_metrics
from rl_agent.learning.parts import Counters
from rl_agent.learning.recent_steps import RecentSteps
from rl_agent.learning.stopwatch import Stopwatch
from rl_agent.learning.value_guard import PATIENCE, ValueGuard


class Looked:
    """A checkup of an agent that says what it is told to."""

    def __init__(self, run_dir, **settings):
        self.run_dir, self.q_mean, self.stopwatch = run_dir, 0.1, Stopwatch()
        self.metrics = MetricsWriter(run_dir)
        parts = SimpleNamespace(
            agent=SimpleNamespace(gradient_step=8, metrics=lambda: {"q_mean": self.q_mean}),
            replay=SimpleNamespace(num_quarantined=2, mean_bonus=0.5),
            recent=RecentSteps(LAYOUT, 8),
            metrics=self.metrics,
        )
        config = TrainConfig(env="Pendulum-v1", **{"log_every": 10, "health_every": 0} | settings)
        guard = ValueGuard(0.9)
        guard.note_reward(1.0)
        self.checkup = Checkup(config, run_dir, parts, guard, self.stopwatch)

    def look(self, *env_steps, own=None):
        for step in env_steps:
            self.checkup.look(
                Counters(env_step=step, num_interventions=step // 2), lambda: own or {}
            )

    def lines(self):
        self.metrics.flush()
        return read_metrics(self.run_dir)

    def steps(self, kind):
        return [line["env_step"] for line in self.lines() if line["kind"] == kind]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """What makes a `Looked` with given settings."""
    monkeypatch.setattr(checkup, "health_figures", lambda rows, agent, config: {"dormant": 0.0})
    monkeypatch.setattr(value_guard, "LEAST_REWARDS", 1)
    with ExitStack() as stack:

        def make(**settings):
            looked = Looked(tmp_path, **settings)
            stack.callback(looked.metrics.close)
            return looked

        yield make


def test_steps_one_at_a_time_are_looked_at_on_multiples(make):
    looked = make(health_every=15)
    looked.look(*range(1, 41))
    assert looked.steps("train") == [10, 20, 30, 40]
    assert looked.steps("health") == [15, 30]
    assert looked.stopwatch.seconds.keys() == {"health"}


def test_steps_that_come_many_at_a_time_are_looked_at_once_past_a_multiple(make):
    looked = make(health_every=15)
    looked.look(7, 12, 12, 19, 35, 38, 40)
    assert looked.steps("train") == [12, 35, 40]
    assert looked.steps("health") == [19, 35]


@pytest.mark.parametrize("killed_at", [9, 13, 29])
def test_a_resumed_run_looks_where_one_does_that_was_never_stopped(make, killed_at):
    looked = make(health_every=15)
    looked.checkup.resume(killed_at)
    looked.look(*range(killed_at + 1, 41))
    assert looked.steps("train") == [step for step in (10, 20, 30, 40) if step > killed_at]
    assert looked.steps("health") == [step for step in (15, 30) if step > killed_at]
    assert looked.checkup.sound_step == 40


def test_health_can_be_left_alone(make):
    looked = make()
    looked.look(*range(1, 41))
    assert looked.steps("health") == []


def test_a_line_holds_the_agents_figures_the_runs_and_the_learners_own(make):
    looked = make()
    looked.look(10, own={"num_owed": 3})
    assert looked.lines() == [
        {
            "kind": "train",
            "env_step": 10,
            "q_mean": 0.1,
            "num_quarantined": 2,
            "intervention_share": 0.5,
            "gradient_step": 8,
            "num_owed": 3,
        }
    ]


@pytest.mark.parametrize(("kind", "told"), [("count", [0.5]), ("none", [])])
def test_a_bonus_is_told_where_there_is_one(make, kind, told):
    looked = make(bonus=BonusConfig(kind=kind))
    looked.look(10)
    assert [line["mean_bonus"] for line in looked.lines() if "mean_bonus" in line] == told


@pytest.mark.parametrize("health_every", [0, 40, 1000])
def test_lost_critics_end_it_and_their_health_is_noted_once(make, health_every):
    looked = make(health_every=health_every)
    looked.look(10)
    looked.q_mean = 1e6
    assert PATIENCE == 3
    looked.look(20, 30)
    assert looked.checkup.sound_step == 10
    with pytest.raises(TrainingDivergedError, match=r"by step 40: the critics expect 1e\+06"):
        looked.look(40)
    kinds = [line["kind"] for line in looked.lines()]
    assert kinds == ["train", "train", "train", "health", "diverged"]


def test_a_checkpoint_that_cannot_be_written_is_explained(make):
    looked = make()
    with (
        pytest.raises(TrainingDivergedError, match=r"diverged by step 7: broken; none was kept"),
        looked.checkup.saving(7),
    ):
        raise TrainingDivergedError("broken")
    assert looked.stopwatch.seconds.keys() == {"checkpoint"}
