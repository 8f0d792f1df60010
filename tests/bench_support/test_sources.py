import os
import subprocess

import pytest
from bench import clone as clone_module
from bench.clone import Clone
from bench.training import find_trained


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository whose Makefile tells what it sees."""
    root = tmp_path / "root"
    root.mkdir()
    lines = [
        "demo:",
        "\t@echo venv=$(VIRTUAL_ENV) ros=$(_ROS_WHEELS_BOOTSTRAP_COMPLETE) path=$(PATH)"
        " cache=$(PIP_NO_CACHE_DIR) args=$(ARGS)",
        "fail:",
        "\t@exit 3",
    ]
    (root / "Makefile").write_text("\n".join(lines) + "\n")
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "first"], check=True)
    (root / "uncommitted").write_text("stays")
    monkeypatch.setattr(clone_module, "ROOT", root)
    return root


def test_a_clone_has_what_is_committed_and_nothing_else(repository, tmp_path):
    clone = Clone(tmp_path / "clone", use_cache=True)
    assert sorted(path.name for path in clone.folder.iterdir()) == [".git", "Makefile"]
    assert clone.read_json("nothing.json") == {}


def test_make_sees_nothing_of_our_environment(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("VIRTUAL_ENV", "/our/venv")
    monkeypatch.setenv("_ROS_WHEELS_BOOTSTRAP_COMPLETE", "1")
    monkeypatch.setenv("PATH", f"/our/venv/bin:{os.environ['PATH']}")
    done = Clone(tmp_path / "clone", use_cache=False).make("demo", "ARGS=--quick")
    text = done.log.read_text()
    assert "venv= ros= path" in text
    assert "/our/venv" not in text
    assert text.strip().endswith("cache=1 args=--quick")
    assert (done.status, done.seconds > 0.0) == (0, True)


def test_a_failing_target_gives_its_status(repository, tmp_path):
    assert Clone(tmp_path / "clone", use_cache=True).make("fail").status == 2


@pytest.mark.parametrize("name", ["train", "run"])
def test_a_policy_is_found_beside_a_report(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / "bundle").mkdir()
    (tmp_path / "report.json").write_text("{}")
    for source in (tmp_path, tmp_path / "report.json"):
        trained = find_trained(source)
        assert (trained.run, trained.bundle) == (tmp_path / name, tmp_path / "bundle")
        assert trained.seconds is None


def test_a_folder_without_a_policy_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected .*run"):
        find_trained(tmp_path)
