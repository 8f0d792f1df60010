"""Any value in any place of a training's settings is taken or told by its place."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from small_training import small_config

from rl_agent.exceptions import ProblemsError
from rl_agent.learning.config_file import PRESETS_DIR, parse_config
from rl_agent.learning.run_folder import read_config, write_config

PRESET = yaml.safe_load((PRESETS_DIR / "so101_reach.yaml").read_text())
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400)
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(SCALARS, SCALARS, max_size=3)
KEYS = st.sampled_from(sorted(PRESET)) | SCALARS


@given(st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES, max_size=2), max_size=3))
@settings(max_examples=200, deadline=None)
def test_any_settings_over_a_presets_are_taken_or_named(changes):
    try:
        config = parse_config({**PRESET, **changes}, "fuzz.yaml")
    except ProblemsError as error:
        assert error.problems and "fuzz.yaml" in str(error)
    else:
        assert config.env


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_as_a_runs_settings_are_told(tmp_path_factory, data):
    run = tmp_path_factory.mktemp("run")
    write_config(run, small_config())
    (run / "config.yaml").write_bytes(data)
    try:
        read_config(run)
    except ProblemsError as error:
        assert "config.yaml" in str(error)
    else:
        raise AssertionError("bytes at random are no settings")
