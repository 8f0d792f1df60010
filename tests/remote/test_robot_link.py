"""What runs beside the policy of a robot that learns elsewhere, without ROS."""

from contextlib import closing

import numpy as np
import pytest
from links import receiver
from transitions import transition
from waiting import wait_until

from rl_agent.data.journal import JournalWriter
from rl_agent.data.layout import TransitionLayout
from rl_agent.deploy.contract import expected_contract
from rl_agent.exceptions import RemoteError
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.remote.journal_sender import SenderConfig
from rl_agent.remote.robot_link import LinkFolders, RobotLink
from rl_agent.remote.terms import Terms
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task

SPEC = load_robot("cartpole")
TASK = make_task("swing_up", SPEC, None)
LAYOUT = TransitionLayout(
    obs_dim=ObservationBuilder(SPEC, TASK, None).obs_dim,
    act_dim=SPEC.act_dim,
    context_dim=TASK.context_dim,
    goal_dim=TASK.goal_dim,
)


@pytest.fixture
def folders(tmp_path):
    store = tmp_path / "run" / "policies"
    return LinkFolders(journal=tmp_path / "run" / "journal", store=store, inbox=store / ".arriving")


def link(folders, port, **changes):
    config = SenderConfig(robot_id="rig", port=port, send_interval_s=0.01, retry_min_s=0.02)
    return RobotLink(folders, SPEC, TASK, config, None, **changes)


def live(folders, count):
    """Append rows of zeros: what they hold is not the link's business."""
    with closing(JournalWriter(folders.journal, LAYOUT)) as writer:
        for _ in range(count):
            writer.append(transition(0, **_zeros()))


def _zeros():
    sizes = dict(LAYOUT.float_fields)
    return {name: np.zeros(size, np.float32) for name, size in sizes.items() if name != "reward"}


def test_steps_go_and_what_is_left_is_told(tmp_path, folders, closing_all):
    live(folders, 40)
    terms = Terms(layout=LAYOUT, contract=expected_contract(SPEC, TASK))
    there = closing_all(receiver(tmp_path / "learner", key=None, terms=terms, port=0))
    here = link(folders, there.port)
    before = here.state()
    # A header's bytes count as well.
    assert 40 <= before["num_waiting"] <= 45
    assert before["lag_s"] == pytest.approx(before["num_waiting"] / SPEC.policy_hz)
    assert (before["connected"], before["num_links"], before["trouble"]) == (False, 0, "")
    here.start()
    wait_until(lambda: here.state()["num_sent"] == 40)
    state = here.state()
    assert (state["connected"], state["num_waiting"], state["spooled_mb"]) == (True, 0, 0.0)
    here.close(5.0)


def test_a_learner_that_is_not_there_is_told(folders):
    live(folders, 3)
    here = link(folders, 9)  # nobody listens there
    here.start()
    wait_until(lambda: here.state()["trouble"])
    assert "127.0.0.1 port 9" in here.state()["trouble"]
    here.close(5.0)


def test_no_key_for_another_machine_is_refused(folders):
    config = SenderConfig(robot_id="rig", host="192.0.2.1")
    with pytest.raises(RemoteError, match="expected a shared key"):
        RobotLink(folders, SPEC, TASK, config, None)
