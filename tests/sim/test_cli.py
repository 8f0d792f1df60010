import pytest
import yaml

from rl_agent.cli.main import main
from rl_agent.robots.profile import ROBOTS_DIR


@pytest.fixture
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")


@pytest.mark.parametrize("name", ["so101", "ur5e", "fr3", "cartpole"])
def test_check_of_a_shipped_robot_agrees(capsys, wide, name):
    assert main(["robot", "check", name]) == 0
    assert f"{name}: profile and MJCF agree." in capsys.readouterr().out


def test_check_lists_differences_and_exits_with_2(capsys, wide, tmp_path):
    data = yaml.safe_load((ROBOTS_DIR / "so101.yaml").read_text())
    data["joints"][2]["sign"] = -1
    data["joints"][3]["upper"] = 2.5
    data["joints"][0], data["joints"][1] = data["joints"][1], data["joints"][0]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(data))
    assert main(["robot", "check", str(path)]) == 2
    out = capsys.readouterr().out
    assert "joints[2].sign" in out and "joints[3].upper" in out and "order is" in out
    assert "acknowledged_loosening" in out
    assert "so101: 4 differences between" in out


def test_check_of_an_unknown_robot_names_the_nearest(capsys):
    assert main(["robot", "check", "so102"]) == 2
    assert "did you mean 'so101'" in capsys.readouterr().err


def test_check_of_a_broken_profile_lists_its_problems(capsys, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((ROBOTS_DIR / "so101.yaml").read_text().replace("policy_hz", "policy_hertz"))
    assert main(["robot", "check", str(path)]) == 2
    error = capsys.readouterr().err
    assert "policy_hertz: is not a known key" in error
    assert "Traceback" not in error


def test_help_teaches(capsys):
    assert main(["robot", "check", "--help"]) == 0
    out = capsys.readouterr().out
    assert "every difference" in out and "Examples" in out and "acknowledged_loosening" in out


def test_list_shows_every_robot(capsys, wide):
    assert main(["robot", "list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("so101", "ur5e", "fr3", "cartpole"))
