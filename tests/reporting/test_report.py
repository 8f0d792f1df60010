import json

import pytest

from rl_agent.exceptions import ReportError
from rl_agent.reporting.report import ReachSeries, Trial, read_report


def trial(time_s):
    return Trial(
        goal_m=(0.2, 0.0, 0.1),
        is_success=time_s is not None,
        time_to_target_s=time_s,
        final_error_m=0.01,
    )


def test_report_survives_its_file(report, tmp_path):
    (tmp_path / "report.json").write_text(report.to_json())
    assert read_report(tmp_path) == report


def test_another_schema_is_refused_with_both_numbers(report, tmp_path):
    content = json.loads(report.to_json()) | {"schema_version": 99}
    (tmp_path / "report.json").write_text(json.dumps(content))
    with pytest.raises(ReportError, match="expected schema_version 1, found 99"):
        read_report(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"schema_version": 1, "robot": 3}'])
def test_what_is_no_report_is_refused_by_name(text, tmp_path):
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(ReportError, match=r"report\.json"):
        read_report(tmp_path)


def test_a_missing_report_is_refused_by_name(tmp_path):
    with pytest.raises(ReportError, match=r"report\.json"):
        read_report(tmp_path)


@pytest.mark.parametrize(
    ("times", "median"),
    [([], None), ([None], None), ([1.0, None, 3.0], 2.0), ([5.0, 1.0, 2.0], 2.0)],
)
def test_median_time_is_over_the_successes(times, median):
    series = ReachSeries(key="policy", trials=tuple(trial(t) for t in times))
    assert series.median_time_s == median
    assert series.num_successes == sum(t is not None for t in times)
