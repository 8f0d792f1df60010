from pathlib import Path

import pytest

from surefoot_nodes.demo_plan import CONTROLLERS, DemoPlan


def test_the_domain_is_the_users_own_where_there_is_one(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "17")
    assert DemoPlan().ros_domain == 17
    assert DemoPlan(domain=3).ros_domain == 3


def test_without_one_it_is_neither_a_robots_nor_an_up_twins(monkeypatch):
    monkeypatch.delenv("ROS_DOMAIN_ID", raising=False)
    assert 50 <= DemoPlan().ros_domain <= 99


@pytest.mark.parametrize(
    ("plan", "command"),
    [
        (DemoPlan(), "surefoot demo"),
        (DemoPlan(seed=3, is_quick=True), "surefoot demo --seed 3 --quick"),
        (DemoPlan(robot="ur5e", out=Path("x")), "surefoot demo --robot ur5e --out x"),
    ],
)
def test_the_command_that_goes_on_is_the_one_that_was_typed(plan, command, monkeypatch):
    monkeypatch.delenv("MAKELEVEL", raising=False)
    assert plan.again() == command


def test_who_typed_make_is_told_make(monkeypatch):
    monkeypatch.setenv("MAKELEVEL", "1")
    assert DemoPlan().again() == "make demo"
    assert DemoPlan(is_quick=True, seed=2).again() == 'make demo ARGS="--seed 2 --quick"'


def test_going_on_never_throws_the_training_away():
    assert "--fresh" not in DemoPlan(is_fresh=True).again()
    assert "--resume" in DemoPlan().train_options()


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_a_quick_run_has_fewer_targets_of_the_same_stream(controller):
    quick, usual = DemoPlan(is_quick=True), DemoPlan()
    assert 0 < quick.num_targets(controller) < usual.num_targets(controller)
    assert quick.target_seed == usual.target_seed != usual.seed
