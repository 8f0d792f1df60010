"""A training that takes a second or two: the double integrator, tiny networks."""

import json

import numpy as np

from rl_agent.data.journal import JournalReader
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.run_folder import journal_dir
from rl_agent.learning.stop import StopRequest
from rl_agent.learning.training_time import CPU, WALL

ENV = "double_integrator:DoubleIntegrator-v0"


def small_config(**changes):
    agent = {
        "actor_hidden_dims": [16, 16],
        "critic_hidden_dims": [16, 16],
        "batch_size": 16,
        "use_layer_norm": True,
        "dropout_rate": 0.05,
        "num_qs": 3,
        "policy_delay": 2,
        **changes.pop("agent", {}),
    }
    evaluation = {"every": 40, "num_episodes": 1, "num_confirm": 1} | changes.pop("evaluation", {})
    values = {
        "env": ENV,
        "num_steps": 100,
        "seed": 3,
        "learning_starts": 20,
        "log_every": 25,
        "agent": agent,
        "evaluation": evaluation,
        "relabel": {"fraction": 0.5},
        # A few in every run, whenever they fall: no result may depend on them.
        "checkpoint_every_s": 0.2,
    }
    return parse_config(values | changes, "test")


class StopAfter(StopRequest):
    """Asks for a stop once it was looked at `count` times: at a step or within an evaluation."""

    def __init__(self, count):
        super().__init__()
        self._left = count

    @property
    def is_set(self):
        self._left -= 1
        return self._left < 0


def timeless(values):
    """What must not depend on how long anything took: all but the seconds spent.

    The length of the metrics' file is that of its lines, which hold such seconds.
    """
    of_time = {CPU, WALL, "time", "metrics_position"}
    return {name: value for name, value in values.items() if name not in of_time}


def assert_same_end(run_dir, other_dir):
    own, other = load_checkpoint(run_dir), load_checkpoint(other_dir)
    assert own.env_step == other.env_step
    assert own.tensors.keys() == other.tensors.keys()
    for name, tensor in own.tensors.items():
        assert np.array_equal(tensor, other.tensors[name]), name
    values = [json.dumps(timeless(c.values), default=str) for c in (own, other)]
    assert values[0] == values[1]
    lines = [[timeless(line) for line in read_metrics(d)] for d in (run_dir, other_dir)]
    assert lines[0] == lines[1]
    rows = [JournalReader(journal_dir(folder)).read().rows for folder in (run_dir, other_dir)]
    assert rows[0].tobytes() == rows[1].tobytes()
