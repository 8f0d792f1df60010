import json

import pytest

from rl_agent.cli.main import main
from rl_agent.learning.metrics import METRICS_FILE


def write(run_dir, *lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (run_dir / METRICS_FILE).write_text(text, encoding="utf-8")


def test_it_prints_a_verdict_per_figure_and_writes_the_page(tmp_path, capsys):
    write(tmp_path, {"kind": "health", "env_step": 1000, "q_bias_relative": 2.0})
    assert main(["health", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "overestimation" in printed and "trouble" in printed
    assert "health.html" in printed.replace("\n", "")
    page = (tmp_path / "health.html").read_text(encoding="utf-8")
    assert "+200 % of the returns too much" in page


@pytest.mark.parametrize("lines", [(), ({"kind": "train", "env_step": 200},)])
def test_a_run_without_figures_is_told_when_they_come(tmp_path, capsys, lines):
    write(tmp_path, *lines)
    assert main(["health", str(tmp_path)]) == 2
    assert "health_every" in capsys.readouterr().err
