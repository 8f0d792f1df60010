import pytest
from bench.assault import run


@pytest.mark.parametrize("robot", ["so101", "cartpole"])
def test_a_short_assault_gets_nothing_out(robot):
    found = run(robot, 1500, seed=1)
    counts, events = found["counts"], found["events"]
    assert counts["ticks"] == 1500
    names = ("position", "velocity", "acceleration", "jerk", "velocity_field", "not_finite")
    assert sum(counts.get(name, 0) for name in names) == 0
    assert events["followed"] > 500
    assert events["refused"] > 0
    assert events["armed"] >= 1
