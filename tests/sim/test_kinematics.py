import threading
from dataclasses import replace

import numpy as np
import pytest

from rl_agent.exceptions import TwinMismatchError
from rl_agent.robots.profile import load_robot
from sim.kinematics import MujocoKinematics, kinematics_for
from sim.twin import Twin


def test_home_holds_the_tool_in_front_of_the_arm(so101):
    # The URDF's chain at home: 23.97 cm ahead of the base, 12.81 cm above the desk.
    position = MujocoKinematics(so101).tool_position(so101.home)
    np.testing.assert_allclose(position, [0.2397, 0.0, 0.1281], atol=1e-4)


def test_positive_pan_turns_clockwise_seen_from_above(so101):
    pose = so101.home.copy()
    pose[0] = 0.5
    assert MujocoKinematics(so101).tool_position(pose)[1] < -0.05


def test_results_do_not_share_memory(so101):
    kinematics = MujocoKinematics(so101)
    first, jacobian = kinematics.tool_position(so101.home), kinematics.tool_jacobian(so101.home)
    before = first.copy(), jacobian.copy()
    kinematics.tool_position(so101.home + 0.2)
    kinematics.tool_jacobian(so101.home + 0.2)
    np.testing.assert_array_equal(first, before[0])
    np.testing.assert_array_equal(jacobian, before[1])


def test_asking_for_the_tool_moves_nothing(so101):
    twin = Twin(so101)
    twin.advance(0.1)
    state = twin.get_state()
    assert twin.kinematics is not None
    twin.kinematics.tool_jacobian(so101.home + 0.3)
    np.testing.assert_array_equal(twin.get_state()["physics"], state["physics"])


def test_a_robot_without_tool_is_refused():
    with pytest.raises(TwinMismatchError, match="tool"):
        MujocoKinematics(load_robot("cartpole"))


def test_a_robot_without_tool_has_no_kinematics(so101):
    assert kinematics_for(load_robot("cartpole")) is None
    kinematics = kinematics_for(so101)
    assert kinematics is not None
    expected = MujocoKinematics(so101).tool_position(so101.home)
    np.testing.assert_array_equal(kinematics.tool_position(so101.home), expected)


def test_a_model_that_is_given_is_not_loaded_again(so101, monkeypatch):
    model = Twin(so101).model
    monkeypatch.setattr("sim.kinematics.load_model", None)
    assert kinematics_for(so101, model=model) is not None


def test_a_tool_that_the_mjcf_lacks_is_refused(so101):
    assert so101.tool is not None
    with pytest.raises(TwinMismatchError, match="no site 'tip'"):
        MujocoKinematics(replace(so101, tool=replace(so101.tool, site="tip")))


def test_threads_may_share_it(so101):
    """A new version of a policy is checked by readings of its own while another one acts."""
    kinematics, num_calls = MujocoKinematics(so101), 3000
    poses = [so101.home, so101.home + 0.3]
    expected = [MujocoKinematics(so101).tool_motion(pose) for pose in poses]
    wrong, begin = [], threading.Barrier(len(poses))

    def call(pose, position, jacobian):
        begin.wait()
        for _ in range(num_calls):
            found = kinematics.tool_motion(pose)
            if not (np.array_equal(found[0], position) and np.array_equal(found[1], jacobian)):
                wrong.append(found)

    threads = [
        threading.Thread(target=call, args=(pose, *motion))
        for pose, motion in zip(poses, expected, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
