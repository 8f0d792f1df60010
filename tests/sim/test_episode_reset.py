"""A scripted reset on twins: it gets there, comes to rest, and its gate finds nothing to change."""

from __future__ import annotations

import numpy as np
import pytest

from rl_agent.interface.motion_reset import MotionReset
from rl_agent.learning.env_adapter import make_env


@pytest.mark.parametrize(
    ("env_id", "most_s", "nearest"),
    [
        ("sim:So101Reach-v0", 6.0, 0.05),
        ("sim:Ur5eReach-v0", 8.0, 0.05),
        # Soft knees give way by 0.2 rad.
        ("sim:Go1Walk-v0", 3.0, 0.3),
    ],
)
def test_from_wherever_an_episode_ended(env_id, most_s, nearest):
    env, rng = make_env(env_id, {}), np.random.default_rng(0)
    twin, size = env.env.unwrapped, 0.15 if "Go1" in env_id else 1.0
    env.reset(seed=1)
    reset = MotionReset(twin.robot, twin.mapper, lambda: twin.task.start_position(rng))
    for _ in range(3):
        for _ in range(40):
            env.step(np.clip(rng.normal(size=env.layout.act_dim) * size, -1, 1).astype(np.float32))
        reset.begin(None)
        num_steps = 0
        while (action := reset.act(twin.loop.measurement, twin.goal)) is not None:
            assert env.step(action).transition.reasons == 0
            num_steps += 1
        assert num_steps / twin.robot.policy_hz < most_s
        away = twin.loop.measurement.position - twin.task.start_position(rng)
        assert np.abs(away[reset._index]).max() < nearest
        assert np.abs(twin.loop.measurement.velocity).max() <= 0.1
    assert reset.num_timeouts == 0
    env.close()


def test_a_cart_waits_until_its_pole_hangs_still():
    env, rng = make_env("sim:CartpoleSwingUp-v0", {}), np.random.default_rng(0)
    twin = env.env.unwrapped
    env.reset(seed=1)
    reset = MotionReset(twin.robot, twin.mapper, lambda: twin.task.start_position(rng))
    for _ in range(40):
        env.step(rng.uniform(-1.0, 1.0, 1).astype(np.float32))
    reset.begin(None)
    while (action := reset.act(twin.loop.measurement, twin.goal)) is not None:
        env.step(action)
    angle, speed, cart = twin.task.context(twin.loop.measurement)
    assert reset.num_timeouts == 0
    assert abs(angle) == pytest.approx(np.pi, abs=0.1) and abs(speed) < 0.1 and abs(cart) < 0.02
    env.close()
