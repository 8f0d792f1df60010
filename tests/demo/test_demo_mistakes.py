import pytest

from rl_agent.cli.main import main

ARGUMENTS = [
    (["--robot", "so102"], "so101"),
    (["--robot", "cartpole"], "no tool"),
    (["--out", "/proc/nothing/here"], "cannot be written"),
    (["--domain", "102"], "--domain"),
    (["--seed", "-1"], "--seed"),
]


@pytest.mark.parametrize(("arguments", "words"), ARGUMENTS)
def test_a_mistake_is_one_sentence_and_starts_nothing(
    arguments, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_out_that_is_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "taken").write_text("mine")
    assert main(["demo", "--out", str(tmp_path / "taken")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "taken").read_text() == "mine"
