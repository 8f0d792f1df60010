"""The table itself: complete, runnable row by row, and honest about what broke down."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from rl_agent.exceptions import ProblemsError
from surefoot_nodes.faults import runner
from surefoot_nodes.faults.outcome import (
    Expectations,
    FaultRow,
    Outcome,
    Verdict,
    failure,
    not_tried,
)
from surefoot_nodes.faults.registry import ORDER, ROWS, WORDS


def row(number, run):
    return FaultRow(number, f"fault {number}", "must be borne", run)


def passes(context):
    return Outcome(Verdict.PASSED, "3 ms")


def run(rows, out):
    return runner.run_rows(rows, quick=True, out=out)


def written(out):
    return json.loads((out / "faults.json").read_text())


def test_every_fault_of_the_matrix_is_in_the_table():
    assert sorted(row.number for row in ROWS) == list(range(1, 45)) == sorted(WORDS)


@pytest.mark.parametrize("module", ORDER)
def test_every_row_names_a_function_that_exists(module):
    found = import_module(f"surefoot_nodes.faults.{module}")
    assert all(callable(getattr(found, name)) for name in ORDER[module].values())


def test_a_row_passes_when_nothing_is_broken():
    expectations = Expectations()
    expectations.expect(True, "never")
    assert expectations.outcome("1 ms").verdict is Verdict.PASSED
    expectations.expect(False, "too late")
    expectations.expect(0, "too late")
    assert expectations.outcome("1 ms") == failure("1 ms", "too late")


def test_all_passed_or_not_tried_is_status_zero(tmp_path, capsys):
    rows = [row(2, passes), row(1, lambda context: not_tried("no learner yet"))]
    assert run(rows, tmp_path) == 0
    results = written(tmp_path)["rows"]
    assert [r["number"] for r in results] == [1, 2]
    assert results[0]["verdict"] == "not tried" and results[0]["detail"] == "no learner yet"
    assert results[1]["figure"] == "3 ms"
    assert "1 passed, 1 not tried" in capsys.readouterr().out


def test_a_row_that_breaks_down_fails_alone(tmp_path, capsys):
    def breaks(context):
        raise RuntimeError("no graph")

    assert run([row(1, breaks), row(2, passes)], tmp_path) == 1
    first, second = written(tmp_path)["rows"]
    assert first["verdict"] == "failed" and "no graph" in first["detail"]
    assert second["verdict"] == "passed"


def test_ctrl_c_leaves_what_was_tried(tmp_path, capsys):
    def interrupted(context):
        raise KeyboardInterrupt

    assert run([row(1, passes), row(2, interrupted), row(3, passes)], tmp_path) == 130
    assert [r["number"] for r in written(tmp_path)["rows"]] == [1]
    assert "interrupted" in capsys.readouterr().out


def test_an_unknown_row_is_told():
    with pytest.raises(ProblemsError, match="no row 99"):
        runner.choose_rows([1, 99])


def test_rows_are_chosen_by_number():
    assert [row.number for row in runner.choose_rows([44, 1])] == [1, 44]
    assert len(runner.choose_rows([])) == len(ROWS)


def test_the_list_says_what_must_follow(capsys):
    runner.list_rows(runner.choose_rows([1]))
    assert "policy killed" in (said := capsys.readouterr().out) and "50 ms" in said


def test_an_out_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProblemsError, match="--out"):
        run([row(1, passes)], Path(tmp_path / "file"))


def test_a_claim_is_made_only_where_it_holds():
    expectations = Expectations()
    assert expectations.claim("0 lost", "by kill -9") == Outcome(
        Verdict.PASSED, "0 lost", "by kill -9"
    )
    expectations.expect(False, "row 3 is missing")
    told = expectations.claim("0 lost")
    assert told == Outcome(Verdict.FAILED, "1 times not as required", "row 3 is missing")
