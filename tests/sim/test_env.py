import subprocess
import sys
from dataclasses import replace

import gymnasium
import mujoco
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from rl_agent.exceptions import TwinMismatchError
from rl_agent.planning.damped_least_squares import DampedLeastSquares
from rl_agent.robots.profile import ROBOTS_DIR, load_robot
from rl_agent.types import Reason
from sim.env import OBS_BOUND, TwinEnv

TASKS = {"so101": "reach", "ur5e": "reach", "fr3": "reach", "cartpole": "swing_up", "go1": "walk"}
IDS = (
    "sim:So101Reach-v0",
    "sim:Ur5eReach-v0",
    "sim:Fr3Reach-v0",
    "sim:CartpoleSwingUp-v0",
    "sim:Go1Walk-v0",
)


@pytest.fixture(params=IDS)
def env(request) -> TwinEnv:
    return gymnasium.make(request.param).unwrapped


@pytest.fixture
def reach() -> TwinEnv:
    return TwinEnv("so101", "reach")


def same(first, second) -> bool:
    """Compare nested results bit by bit."""
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(
            same(a, b) for a, b in zip(first, second, strict=True)
        )
    return np.array_equal(first, second)


def draw_actions(env, count, seed=0):
    shape = (count, env.robot.act_dim)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def play(env, actions) -> list:
    """Return all that an agent would see, over ends of episodes."""
    seen = []
    for action in actions:
        result = env.step(action)
        seen.append(result)
        if result[2] or result[3]:
            seen.append(env.reset())
    return seen


def test_gymnasiums_checker_accepts_it(env):
    check_env(env)
    assert env.observation_space.contains(env.reset(seed=0)[0])


@pytest.mark.parametrize("name", IDS)
def test_stable_baselines3s_checker_accepts_it(name):
    env = gymnasium.make(name)
    check_env_sb3(env)
    assert env.action_space.shape == (env.unwrapped.robot.act_dim,)


def test_ids_resolve_in_a_fresh_interpreter():
    program = (
        "import gymnasium, sys\n"
        f"for name in {IDS!r}: print(gymnasium.make(name).unwrapped.robot.name)\n"
        "print('torch' in sys.modules, 'rclpy' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout.split() == [*TASKS, "False", "False"]


def test_the_same_seed_gives_the_same_experience(env):
    actions = draw_actions(env, 120)
    start = env.reset(seed=7)
    first = play(env, actions)
    assert same(env.reset(seed=7), start)
    assert same(play(env, actions), first)


def test_another_seed_gives_another_goal(reach):
    goals = [reach.reset(seed=seed)[1]["goal"] for seed in (1, 2)]
    assert not np.array_equal(*goals)


def test_a_state_restored_anywhere_goes_on_bit_by_bit(env):
    actions = draw_actions(env, 700)
    env.reset(seed=3)
    play(env, actions[:150])
    state = env.get_state()
    expected = play(env, actions[150:])  # across the end of an episode
    other = TwinEnv(env.robot, TASKS[env.robot.name])
    for restored in (other, env):
        restored.set_state(state)
        assert same(play(restored, actions[150:]), expected)


def test_a_state_is_made_of_numbers_strings_and_arrays(env):
    def leaves(value):
        if isinstance(value, dict):
            return [leaf for inner in value.values() for leaf in leaves(inner)]
        if isinstance(value, list | tuple):
            return [leaf for inner in value for leaf in leaves(inner)]
        return [value]

    env.reset(seed=0)
    play(env, draw_actions(env, 5))
    kinds = {type(leaf) for leaf in leaves(env.get_state())}
    assert kinds <= {int, float, bool, str, type(None), np.ndarray}


def test_observations_stay_of_order_one(env):
    env.reset(seed=0)
    largest = 0.0
    for result in play(env, draw_actions(env, 400)):
        largest = max(largest, float(np.abs(result[0]).max()))
    assert largest < 0.25 * OBS_BOUND


def test_rewards_can_be_recomputed_from_what_a_transition_stores(env):
    env.reset(seed=0)
    for obs, reward, *_, info in (env.step(action) for action in draw_actions(env, 30)):
        assert obs.dtype == np.float32
        again = env.task.reward(
            info["context"],
            info["next_context"],
            info["applied_action"].astype(np.float64),
            info["previous_action"].astype(np.float64),
            info["goal"],
        )
        assert again == reward


def test_contexts_chain_and_previous_actions_follow(reach):
    reach.reset(seed=0)
    actions = draw_actions(reach, 3)
    infos = [reach.step(action)[4] for action in actions]
    np.testing.assert_array_equal(infos[0]["previous_action"], np.zeros(4))
    np.testing.assert_array_equal(infos[2]["previous_action"], actions[1])
    np.testing.assert_array_equal(infos[1]["next_context"], infos[2]["context"])


def test_an_observation_may_hold_the_last_actions_and_the_measurements_age():
    spec = replace(load_robot("so101"), obs_terms=("measurement_age", "action_history"))
    env = TwinEnv(replace(spec, obs_history=2), "reach", observation_delay_ms=14)
    first, _ = env.reset(seed=0)
    actions = draw_actions(env, 5)
    seen = [env.step(action)[0] for action in actions]
    # 14 of 50 ms; two actions of four joints, none of them the newest.
    np.testing.assert_allclose(first[:9], [0.28, *np.zeros(8)], rtol=1e-6)
    np.testing.assert_array_equal(seen[1][1:9], [*actions[0], *np.zeros(4)])
    np.testing.assert_allclose(seen[4][:9], [0.28, *actions[3], *actions[2]], rtol=1e-6)
    np.testing.assert_array_equal(env.reset()[0][1:9], seen[4][1:9])  # the arm goes on
    np.testing.assert_array_equal(env.reset(seed=1)[0][1:9], np.zeros(8))


def test_a_state_holds_the_last_actions():
    spec = load_robot("so101")
    terms = (*spec.obs_terms, "action_history", "measurement_age")
    env, other = (TwinEnv(replace(spec, obs_terms=terms), "reach") for _ in range(2))
    env.reset(seed=3)
    actions = draw_actions(env, 12)
    *_, last = play(env, actions[:6])
    state = env.get_state()
    assert same(other.set_state(state), last[0])
    assert same(play(other, actions[6:]), play(env, actions[6:]))
    del state["action_history"]  # as before there was one
    place = next(slice(i, i + n) for name, i, n in env.builder.layout if name == "action_history")
    assert (other.set_state(state)[place] == 0.0).all()


def test_an_episode_ends_at_its_time_limit_by_truncation(reach):
    reach.reset(seed=0)
    actions = 0.3 * draw_actions(reach, 80)  # 4 s at 20 Hz, too weak to press onto the desk
    ends = [reach.step(action)[2:4] for action in actions]
    assert ends[-1] == (False, True)
    assert not any(truncated for _, truncated in ends[:-1])


def test_reach_goes_on_from_where_the_arm_stands(reach):
    _, info = reach.reset(seed=0)
    play(reach, draw_actions(reach, 79))
    *_, last = reach.step(draw_actions(reach, 1)[0])
    time_s = reach.twin.time_s
    _, after = reach.reset()
    assert reach.twin.time_s == time_s
    np.testing.assert_array_equal(after["context"], last["next_context"])
    assert not np.array_equal(after["goal"], info["goal"])


def test_a_seed_always_brings_the_arm_back(reach):
    _, first = reach.reset(seed=0)
    play(reach, draw_actions(reach, 30))
    _, again = reach.reset(seed=0)
    np.testing.assert_array_equal(again["context"], first["context"])


def test_resetting_to_the_start_is_a_choice():
    env = TwinEnv("so101", "reach", reset_pose="start")
    _, first = env.reset(seed=0)
    play(env, draw_actions(env, 30))
    np.testing.assert_array_equal(env.reset()[1]["context"], first["context"])
    play(env, draw_actions(env, 30))
    _, kept = env.reset(options={"keep_pose": True})
    assert np.linalg.norm(kept["context"] - first["context"]) > 0.02


def test_episodes_can_begin_at_random_poses():
    env = TwinEnv("so101", "reach", reset_pose="random")
    tools = [env.reset(seed=4)[1]["context"], *(env.reset()[1]["context"] for _ in range(5))]
    gaps = [np.linalg.norm(a - b) for i, a in enumerate(tools) for b in tools[:i]]
    assert min(gaps) > 1e-3
    np.testing.assert_array_equal(env.reset(seed=4)[1]["context"], tools[0])


def test_goal_and_start_pose_can_be_given(reach):
    goal = np.array([0.2, 0.1, 0.15])
    pose = reach.robot.home.copy()
    pose[0] = -0.8
    _, info = reach.reset(seed=0, options={"goal": goal, "position": pose})
    np.testing.assert_array_equal(info["goal"], goal)
    np.testing.assert_allclose(reach.loop.measurement.position, pose, atol=0.005)


def test_the_start_ramp_shows_as_a_smaller_applied_action():
    # From a tenth of 3 rad/s up within 4 s: soon overtaken by a full action.
    env = TwinEnv(replace(load_robot("so101"), start_ramp_s=4.0), "reach")
    env.reset(seed=0)
    full = np.ones(4, np.float32)
    infos = [env.step(full)[4] for _ in range(6)]
    assert any(info["reasons"] & Reason.START_RAMP for info in infos)
    assert (infos[-1]["applied_action"] < 1.0).all()


def test_an_untouched_action_is_applied_as_proposed(reach):
    reach.reset(seed=0)
    action = np.full(4, 0.05, np.float32)
    infos = [reach.step(action)[4] for _ in range(20)]
    assert infos[-1]["reasons"] == 0
    np.testing.assert_array_equal(infos[-1]["applied_action"], action)


def test_a_tighter_limit_shows_in_reasons_shares_and_applied_action():
    spec = load_robot("so101")
    slow = tuple(replace(joint, max_velocity=0.5) for joint in spec.joints)
    env = TwinEnv(replace(spec, joints=slow), "reach")
    env.reset(seed=0)
    infos = [env.step(np.full(4, 0.8, np.float32))[4] for _ in range(15)]
    assert infos[-1]["reasons"] & Reason.VELOCITY
    assert infos[-1]["shares"][1] > 0.0
    # Proposed was 0.8 of 2 rad/s, 0.5 rad/s went through.
    assert (infos[-1]["applied_action"] < 0.75).all()


def test_pressing_onto_the_desk_is_part_of_practice(reach):
    assert reach.robot.joints[1].max_following_error is not None  # over ROS it is watched
    reach.reset(seed=0)
    for _ in range(60):
        # The shoulder leans forward and down, full speed.
        *_, info = reach.step(np.array([0.0, 1.0, 0.0, 0.0], np.float32))
        assert not info["reasons"] & Reason.FOLLOWING_ERROR
    assert info["safety_state"] == "ARMED"


def test_commands_keep_every_limit_under_a_wild_policy(env):
    """By tick sequence: position, velocity and acceleration of what the gate sends."""
    # Violent collisions with the table read as implausible and hold; here there is no table.
    env.twin.model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    joints = env.robot.command_joints
    period_s = env.robot.gate_period_s
    env.reset(seed=0)
    signs = np.sign(draw_actions(env, 300, seed=4))
    sent = np.concatenate([env.step(action)[4]["applied_positions"] for action in signs])
    velocity = np.diff(sent, axis=0) / period_s
    acceleration = np.diff(velocity, axis=0) / period_s
    tolerance = 1e-6
    # Where a stop behind the command would not end inside the zones, the brake profile is used.
    may_brake = env.robot.safety.prediction_steps > 0
    for index, joint in enumerate(joints):
        most = joint.brake_deceleration if may_brake else joint.max_acceleration
        assert sent[:, index].min() >= joint.lower - tolerance
        assert sent[:, index].max() <= joint.upper + tolerance
        if env.robot.controller.timeout_ms is None:  # velocity drives are re-anchored each tick
            assert np.abs(velocity[:, index]).max() <= joint.max_velocity + tolerance
            assert np.abs(acceleration[:, index]).max() <= most + 1e-4


def test_the_cart_stays_on_its_track_under_a_wild_policy():
    env = TwinEnv("cartpole", "swing_up")
    env.reset(seed=0)
    reached = []
    for block in range(20):
        for _ in range(30):
            env.step(np.array([(-1.0) ** block], np.float32))
            reached.append(env.loop.measurement.position[0])
    assert 0.35 < np.abs(reached).max() < 0.5


def test_the_pole_hangs_at_the_start():
    env = TwinEnv("cartpole", "swing_up")
    for seed in range(3):
        _, info = env.reset(seed=seed)
        assert info["error"] > np.pi - 0.2


@pytest.mark.parametrize("name", ["so101", "ur5e", "fr3"])
def test_a_classical_controller_reaches_through_the_gate(name):
    """Twenty targets, 2 cm for half a second within 4 s, without a stop in between."""
    env = TwinEnv(name, "reach")
    controller = DampedLeastSquares(env.robot, env.twin.kinematics)
    env.reset(seed=11)
    num_reached = 0
    for _ in range(20):
        inside, longest, truncated = 0, 0, False
        while not truncated:
            action = controller.act(env.loop.measurement, env.goal)
            _, _, _, truncated, info = env.step(action)
            inside = inside + 1 if info["is_success"] else 0
            longest = max(longest, inside)
        num_reached += longest >= 10
        env.reset()
    assert num_reached >= 19


def test_an_action_that_is_not_finite_stops_the_robot_and_truncates(reach):
    reach.reset(seed=0)
    play(reach, draw_actions(reach, 5))
    nothing = np.full(4, np.nan, np.float32)
    obs, reward, terminated, truncated, info = reach.step(nothing)
    assert (terminated, truncated) == (False, True)
    assert info["safety_state"] == "STOPPED"
    assert np.isfinite(obs).all() and np.isfinite(reward)
    reach.reset()
    *_, info = reach.step(np.zeros(4, np.float32))
    assert info["safety_state"] == "ARMED"


def test_other_rates_and_delays():
    env = TwinEnv("so101", "reach", policy_hz=50, gate_hz=250, observation_delay_ms=10)
    env.reset(seed=0)
    *_, info = env.step(np.zeros(4, np.float32))
    assert info["applied_positions"].shape == (5, 6)
    assert env.max_episode_steps == 200
    assert env.twin.time_s - env.loop.measurement.stamp_s == pytest.approx(0.010)


def test_rates_that_do_not_divide_are_refused():
    with pytest.raises(TwinMismatchError, match="whole number of gate periods"):
        TwinEnv("so101", "reach", policy_hz=30)


@pytest.mark.parametrize("rate", [-20.0, float("nan"), float("inf")])
def test_rates_that_are_no_rates_are_refused(rate):
    with pytest.raises(TwinMismatchError, match="policy_hz"):
        TwinEnv("so101", "reach", policy_hz=rate)


@pytest.mark.parametrize("delay_ms", [-1.0, float("nan"), 5000.0])
def test_delays_that_are_no_delays_are_refused(delay_ms):
    with pytest.raises(TwinMismatchError, match=r"twin\.action_delay_ms: expected 0 to 1000 ms"):
        TwinEnv("so101", "reach", action_delay_ms=delay_ms)


def test_any_profile_and_task_have_an_id(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((ROBOTS_DIR / "so101.yaml").read_text().replace("name: so101", "name: mine"))
    env = gymnasium.make("sim:Twin-v0", robot=str(path), task="reach")
    assert env.unwrapped.robot.name == "mine"
    assert env.reset(seed=0)[0].shape == env.observation_space.shape


def test_no_render_mode_renders_nothing(reach):
    reach.reset(seed=0)
    assert reach.render() is None
