import json
from types import SimpleNamespace

import pytest
import run
from bench.figure import at_most, reported


def test_rows_come_in_the_tables_order_each_once():
    assert run.choose_rows(["path-k", "path-b", "path-k"]) == ["path-b", "path-k"]


def test_a_prefix_means_all_its_rows():
    for prefix in ("path", "safety"):
        expected = [row for row in run.ROWS if row.startswith(f"{prefix}-")]
        assert run.choose_rows([prefix]) == expected != []


def test_path_b_is_no_prefix_of_another_name():
    with pytest.raises(ValueError, match="no row 'path-'"):
        run.choose_rows(["path-"])


@pytest.mark.parametrize("arguments", [["path-z"], [], ["path-d", "--from", "/nowhere/at/all"]])
def test_mistakes_in_the_arguments_leave_with_status_two(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        run.main(arguments)
    assert left.value.code == 2
    assert "usage:" in capsys.readouterr().err


def rows(monkeypatch, **measures):
    names = {name.replace("_", "-"): name for name in measures}
    monkeypatch.setattr(run, "ROWS", names)
    modules = {name: SimpleNamespace(measure=measure) for name, measure in measures.items()}
    monkeypatch.setattr(run, "import_module", modules.__getitem__)


def breaks(context):
    raise RuntimeError("no graph")


def test_figures_are_lines_on_stdout_and_a_broken_row_stops_no_other(monkeypatch, capsys):
    rows(
        monkeypatch,
        row_a=breaks,
        row_b=lambda context: iter([at_most("row-b", 1.0, 2.0, "s"), reported("row-b.n", 3, "")]),
    )
    assert run.main(["row"]) == 1
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert [(line["row"], line["holds"]) for line in lines] == [
        ("row-a", False),
        ("row-b", True),
        ("row-b.n", None),
    ]
    assert "row-a broke down" in captured.err


def test_all_holding_is_status_zero_and_leaves_no_folder(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    rows(monkeypatch, row_b=lambda context: iter([at_most("row-b", 1.0, 2.0, "s")]))
    assert run.main(["row-b", "--quick"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_out_keeps_what_was_recorded(monkeypatch, tmp_path):
    def writes(context):
        (context.folder / "recording").write_text("data")
        return iter(())

    rows(monkeypatch, row_b=writes)
    assert run.main(["row-b", "--out", str(tmp_path / "kept")]) == 0
    assert (tmp_path / "kept/recording").read_text() == "data"
