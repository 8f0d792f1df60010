import stat

import pytest
import yaml
from small_training import small_config

from rl_agent.exceptions import ProblemsError
from rl_agent.learning.run_folder import holds_run, read_config, write_config


def test_settings_come_back_as_they_were(tmp_path):
    config = small_config(journal={"sync": "always"}, env_options={"breaks_at": 5})
    assert not holds_run(tmp_path)
    write_config(tmp_path, config)
    assert holds_run(tmp_path)
    assert read_config(tmp_path) == config


def test_the_file_names_seed_commit_and_versions(tmp_path):
    write_config(tmp_path, small_config())
    document = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert document["train"]["seed"] == 3
    assert set(document["made_with"]) >= {"surefoot", "commit", "python", "torch", "numpy"}


def test_a_new_runs_folder_is_its_owners_alone(tmp_path):
    write_config(tmp_path / "runs/first", small_config())
    assert stat.S_IMODE((tmp_path / "runs/first").stat().st_mode) == 0o700


def test_a_folder_that_is_there_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)
    write_config(tmp_path, small_config())
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_no_run_and_another_version_are_told(tmp_path):
    with pytest.raises(ProblemsError, match="no training run here"):
        read_config(tmp_path)
    (tmp_path / "config.yaml").write_text("schema_version: 9\n")
    with pytest.raises(ProblemsError, match="reads version 1, the file says 9"):
        read_config(tmp_path)
