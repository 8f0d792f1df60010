"""A mistake in what `surefoot live` is asked for begins no run."""

import pytest

from rl_agent.cli.train_settings import GivenOptions
from rl_agent.exceptions import ProfileError
from rl_agent.learning.run_folder import holds_run
from surefoot_nodes.live import LiveOptions, run_live
from surefoot_nodes.up import UpOptions

GIVEN = GivenOptions(env="sim:So101Reach-v0", algo=None, seed=None, config=None, sets=None)


@pytest.mark.parametrize(
    ("name", "value"), [("domain", 200), ("log_level", "loud"), ("speed", "fast")]
)
def test_a_wrong_option_leaves_no_run_behind(tmp_path, name, value):
    run_dir = tmp_path / "run"
    up = UpOptions(**{name: value})
    options = LiveOptions(given=GIVEN, out=run_dir, should_resume=False, minutes=0.0, up=up)
    with pytest.raises(ProfileError, match=name.replace("_", "-")):
        run_live("twin", options)
    assert not holds_run(run_dir)
