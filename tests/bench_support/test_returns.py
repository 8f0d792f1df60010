import numpy as np
import pytest
from bench.free_env import FreeEnv, at_datasheet, without_limits
from bench.returns import kept_share, random_act, run_episodes

from rl_agent.robots.profile import load_robot

SPEC = load_robot("so101")


def test_the_share_is_one_without_loss_and_zero_at_chance():
    assert kept_share(10.0, 10.0, -5.0) == 1.0
    assert kept_share(-5.0, 10.0, -5.0) == 0.0
    assert kept_share(7.0, 10.0, -5.0) == pytest.approx(0.8)


def test_limits_are_widened_or_the_servos_own():
    free, sheet = without_limits(SPEC).joints[0], at_datasheet(SPEC).joints[0]
    assert (free.lower, free.upper) == (-np.inf, np.inf)
    assert free.max_velocity >= 1000.0
    assert sheet.max_velocity == 4.71
    assert sheet.max_acceleration == pytest.approx(38.96, abs=0.01)
    assert (sheet.lower, sheet.upper) == (SPEC.joints[0].lower, SPEC.joints[0].upper)


def full_speed(limits):
    env = FreeEnv("so101", "reach", limits=limits)
    env.reset(seed=0)
    changed, speeds = 0, []
    for step in range(12):
        side = 1.0 if step % 6 < 3 else -1.0
        *_, info = env.step(np.full(4, side, np.float32))
        changed |= info["reasons"]
        speeds.append(np.abs(np.diff(info["applied_positions"], axis=0)).max() / 0.01)
    return changed, max(speeds)


def test_without_limits_nothing_is_changed_and_the_profile_holds_back():
    assert full_speed("none")[0] == 0
    reasons, speed = full_speed("profile")
    assert reasons != 0
    assert speed <= 3.0 + 1e-9


def test_episodes_with_the_same_seed_begin_alike():
    env = FreeEnv("so101", "reach", limits="none", reset_pose="random")
    env.max_episode_steps = 5
    one = run_episodes(env, random_act(4, 0), 2, 7)
    two = run_episodes(env, random_act(4, 0), 2, 7)
    assert one.returns == two.returns
    assert one.num_steps == 10
    assert len(set(one.returns)) == 2
