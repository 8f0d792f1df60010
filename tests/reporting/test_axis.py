import pytest

from rl_agent.reporting.axis import Axis


def texts(axis):
    return [text for _, text in axis.ticks]


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (0.0, 100.0, ["0", "20", "40", "60", "80", "100"]),
        (0.0, 1.2, ["0.0", "0.5", "1.0"]),
        (-1.15, 1.15, ["−1.0", "−0.5", "0.0", "0.5", "1.0"]),
        (0.5, 30.5, ["10", "20", "30"]),
    ],
)
def test_ticks_are_round_numbers(lower, upper, expected):
    assert texts(Axis.linear("x", lower, upper)) == expected


def test_an_axis_without_extent_gets_one():
    assert Axis.linear("x", 2.0, 2.0).upper == 3.0


def test_log_axis_has_decades_and_equal_shares():
    axis = Axis.logarithmic("mm", 0.1, 1000.0)
    assert texts(axis) == ["0.1", "1", "10", "100", "1000"]
    assert axis.share(10.0) == pytest.approx(0.5)


def test_values_beyond_the_ends_stand_at_the_ends():
    axis = Axis.linear("x", 0.0, 10.0)
    assert (axis.share(-5.0), axis.share(2.5), axis.share(50.0)) == (0.0, 0.25, 1.0)
