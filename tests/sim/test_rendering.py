import numpy as np
import pytest

import sim.rendering
from rl_agent.exceptions import RenderingError
from rl_agent.robots.profile import available_robots, load_robot
from sim.env import TwinEnv
from sim.twin import Twin


@pytest.fixture
def picture_or_skip():
    """Draw, or skip where this machine has no OpenGL (the error is tested below)."""

    def draw(twin, *args, **kwargs):
        try:
            return twin.render(*args, **kwargs)
        except RenderingError as error:
            pytest.skip(str(error))

    return draw


@pytest.mark.parametrize("name", available_robots())
def test_pictures_show_something(picture_or_skip, name):
    picture = picture_or_skip(Twin(load_robot(name)), 160, 120)
    assert picture.shape == (120, 160, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 5.0


def test_a_goal_is_marked(picture_or_skip):
    twin = Twin(load_robot("so101"))
    plain = picture_or_skip(twin, 160, 120).astype(int)
    marked = picture_or_skip(twin, 160, 120, goal=np.array([0.25, 0.1, 0.2])).astype(int)
    changed = np.abs(marked - plain).sum(axis=2) > 60
    green = (marked[..., 1] > marked[..., 0] + 20) & changed
    assert green.sum() > 20


def test_drawing_changes_nothing(picture_or_skip):
    twin = Twin(load_robot("so101"))
    twin.advance(0.1)
    before = twin.get_state()["physics"]
    picture_or_skip(twin, 64, 48)
    np.testing.assert_array_equal(twin.get_state()["physics"], before)


def test_the_environment_draws_its_goal(picture_or_skip):
    picture_or_skip(Twin(load_robot("so101")), 64, 48)
    env = TwinEnv("so101", "reach", render_mode="rgb_array")
    env.reset(seed=0)
    assert env.render().shape == (480, 640, 3)


def test_a_machine_without_opengl_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(sim.rendering, "BACKENDS", ("no_such_backend",))
    with pytest.raises(RenderingError, match="apt install libegl1"):
        Twin(load_robot("so101")).render(64, 48)
