import gymnasium
import pytest

from rl_agent.exceptions import ProblemsError
from sim import TWINS
from sim.twins import robot_and_task


@pytest.mark.parametrize("name", TWINS)
def test_an_id_says_what_its_environment_is(name):
    kwargs = gymnasium.spec(name).kwargs
    assert robot_and_task(f"sim:{name}", {}) == (kwargs["robot"], kwargs["task"])


def test_options_say_what_the_id_leaves_open():
    options = {"robot": "my_arm.yaml", "task": "reach"}
    assert robot_and_task("sim:Twin-v0", options) == ("my_arm.yaml", "reach")
    with pytest.raises(ProblemsError, match=r"needs --set env_options\.task"):
        robot_and_task("sim:Twin-v0", {"robot": "so101"})


@pytest.mark.parametrize("env_id", ["So101Reach-v0", "sim:So10Reach-v0", "Pendulum-v1", ""])
def test_anything_else_is_told_with_what_there_is(env_id):
    with pytest.raises(ProblemsError, match="known: sim:So101Reach-v0"):
        robot_and_task(env_id, {})
