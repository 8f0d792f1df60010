import json
from types import SimpleNamespace

import numpy as np

from rl_agent.data.layout import TransitionLayout


def test_a_tasks_rows_hold_its_context_and_its_goal():
    task = SimpleNamespace(context_dim=3, goal_dim=2)
    layout = TransitionLayout.of(task, obs_dim=7, act_dim=4)
    assert layout == TransitionLayout(obs_dim=7, act_dim=4, context_dim=3, goal_dim=2)


def test_without_a_task_there_is_neither():
    layout = TransitionLayout.of(None, obs_dim=7, act_dim=4)
    assert layout == TransitionLayout(obs_dim=7, act_dim=4, context_dim=0, goal_dim=0)


def test_sizes_that_numpy_counted_can_be_written_down():
    task = SimpleNamespace(context_dim=np.int64(3), goal_dim=np.int64(2))
    layout = TransitionLayout.of(task, obs_dim=7, act_dim=4)
    assert json.dumps([layout.context_dim, layout.goal_dim]) == "[3, 2]"
