"""Episodes of a twin that learns: resets that nobody learns from, and a person's word, over ROS."""

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from kept_steps import rows_in
from ros_processes import Witness, running_graph
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from rl_agent.judging.label import LABELS, read_labels
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from sim.kinematics import MujocoKinematics
from surefoot_nodes import qos

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
TASK = make_task("reach", SPEC, MujocoKinematics(SPEC))
START = TASK.start_goal(np.random.default_rng(0))
# Nobody learns here: the learner would only take the processor.
ACT = ("--set", "learning_starts=100000", "--set", "relabel.fraction=0", "--goal-period", "2")
ENV = ("twin", "--env", "sim:So101Reach-v0")


def flags(witness):
    return [message.data for message in witness.seen["resetting"].messages]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A person says success in one episode; a motion undoes each."""
    folder = tmp_path_factory.mktemp("start")
    run_dir, told = folder / "run", {}
    arguments = (*ENV, *ACT, "--out", str(run_dir), "--reset", "start", "--judge", "human")
    with (
        running_graph(*arguments, verb="live", log=folder / "live.log") as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        witness.watch("resetting", Bool, qos.LATCHED_HISTORY)
        witness.watch("goal", PoseStamped, qos.LATCHED_HISTORY)
        graph.wait_until_running()
        # Armed, reset, one episode until its time is over, reset, and another one.
        witness.until(lambda: flags(witness).count(False) >= 3, 60.0, graph.output)
        witness.spin(0.5)
        num_resets = flags(witness).count(True)
        told["answer"] = witness.call(SetBool, "judge_episode", SetBool.Request(data=True))
        witness.until(lambda: read_labels(run_dir / LABELS), 10.0, graph.output)
        # The reset after that word, and the one after the episode that it let begin.
        witness.until(lambda: flags(witness).count(True) >= num_resets + 2, 60.0, graph.output)
        told["resetting"], told["goal"] = witness.seen["resetting"], witness.seen["goal"]
    told["rows"], told["labels"] = rows_in(run_dir / "journal"), read_labels(run_dir / LABELS)
    return told


def test_a_persons_word_is_the_only_reward(told):
    rows, (label,) = told["rows"], told["labels"]
    assert told["answer"].success
    assert np.flatnonzero(rows["reward"]).tolist() == [label.env_step]
    row = rows[label.env_step]
    assert row["reward"] == 1.0 and row["terminated"] and not row["truncated"]
    assert (label.judge, label.is_success, label.task) == ("human", True, TASK.describe())
    np.testing.assert_array_equal(row["next_context"], np.float32(label.context))


def test_each_episode_begins_at_the_start_and_the_way_there_is_not_kept(told):
    rows = told["rows"]
    is_first = np.ones(len(rows), dtype=bool)
    is_first[1:] = (rows["terminated"] | rows["truncated"])[:-1]
    starts = rows["context"][is_first]
    assert len(starts) >= 3
    # 1 % of a joint's range, and gravity's share.
    assert np.linalg.norm(starts - START, axis=1).max() < 0.06
    ends = rows["next_context"][rows["terminated"] | rows["truncated"]]
    assert np.linalg.norm(ends - START, axis=1).max() > 0.06


def test_a_goal_waits_for_the_reset_and_has_its_whole_time(told):
    resetting, goal = told["resetting"], told["goal"]
    begins = [t for t, m in zip(resetting.times_s, resetting.messages, strict=True) if m.data]
    ends = [t for t, m in zip(resetting.times_s, resetting.messages, strict=True) if not m.data]
    for begin_s in begins[1:]:
        end_s = next((t for t in ends if t > begin_s), np.inf)
        # The goal that ended the episode came just before it; the next one waits.
        assert not any(begin_s + 0.1 < t < end_s + 1.5 for t in goal.times_s)


def test_a_person_lets_the_first_episode_begin(tmp_path):
    run_dir = tmp_path / "run"
    arguments = (*ENV, *ACT, "--out", str(run_dir), "--reset", "human")
    with (
        running_graph(*arguments, verb="live", log=tmp_path / "live.log") as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        graph.wait_until_running()
        witness.until(lambda: witness.state == "ARMED", 30.0, graph.output)
        witness.spin(2.0)
        assert len(rows_in(run_dir / "journal")) == 0
        assert witness.speed < 0.2
        assert witness.call(Trigger, "begin_episode", Trigger.Request()).success
        witness.until(lambda: len(rows_in(run_dir / "journal")) >= 20, 20.0, graph.output)
        again = witness.call(Trigger, "begin_episode", Trigger.Request())
        assert (again.success, again.message) == (False, "one is under way")
    assert "Keys: g begins the next episode." in graph.output()
