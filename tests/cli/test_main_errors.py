"""What is the machine's fault is told in a sentence, what is ours keeps its trace."""

import errno

import pytest

from rl_agent.cli import main as cli


def run_into(error, monkeypatch):
    def fail(**options):
        raise error

    monkeypatch.setattr(cli, "build_app", lambda: fail)
    return cli.main([])


@pytest.mark.parametrize("number", sorted(cli.REMEDIES))
def test_a_disk_that_takes_nothing_is_told_in_a_sentence(number, monkeypatch, capsys):
    assert run_into(OSError(number, "It is so", "/robots/run"), monkeypatch) == 2
    told = capsys.readouterr().err
    assert told == f"surefoot: It is so: /robots/run; {cli.REMEDIES[number]}\n"


def test_without_a_name_nothing_is_made_up(monkeypatch, capsys):
    assert run_into(OSError(errno.ENOSPC, "No space left"), monkeypatch) == 2
    assert capsys.readouterr().err.startswith("surefoot: No space left; make room there")


@pytest.mark.parametrize("error", [OSError(errno.EIO, "odd"), OSError("odd"), ValueError("odd")])
def test_anything_else_is_a_mistake_of_ours(error, monkeypatch):
    with pytest.raises(type(error), match="odd"):
        run_into(error, monkeypatch)
