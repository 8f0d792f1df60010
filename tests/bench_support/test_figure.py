import json

import pytest
from bench.figure import at_least, at_most, equal, failed, reported


@pytest.mark.parametrize(("value", "holds"), [(9.9, True), (10.0, True), (10.1, False)])
def test_at_most_includes_its_bar(value, holds):
    figure = at_most("row", value, 10.0, "ms")
    assert (figure.holds, figure.bar) == (holds, "<= 10")


@pytest.mark.parametrize(("value", "holds"), [(96.9, False), (97.0, True), (97.1, True)])
def test_at_least_includes_its_bar(value, holds):
    assert at_least("row", value, 97.0, "%").holds is holds


def test_what_is_not_a_number_never_holds_and_is_still_json():
    for figure in (at_most("row", float("nan"), 1.0, ""), at_least("row", float("nan"), 1.0, "")):
        assert figure.holds is False
        assert json.loads(figure.line())["value"] == "nan"


def test_a_line_has_the_promised_keys_in_order():
    line = equal("path-f.violations", 0, 0, "ticks", "10000 ticks").line()
    assert list(json.loads(line)) == ["row", "value", "unit", "bar", "holds", "detail"]
    assert json.loads(line)["bar"] == "= 0"


def test_equal_takes_truth_values_too():
    assert equal("row", True, True, "").holds
    assert equal("row", False, True, "").bar == "= true"


def test_a_reported_figure_has_neither_bar_nor_verdict():
    figure = reported("row", 3.14159265, "s")
    assert (figure.bar, figure.holds) == (None, None)
    assert json.loads(figure.line())["value"] == 3.14159


def test_a_row_that_broke_down_does_not_hold():
    figure = failed("path-x", RuntimeError("no graph"))
    assert (figure.value, figure.holds, figure.detail) == (None, False, "RuntimeError: no graph")
