"""A training that takes a second or two: the double integrator, tiny networks."""

import json

import numpy as np

from rl_agent.data.journal import JournalReader
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.run_folder import journal_dir
from rl_agent.learning.stop import StopRequest

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


def assert_same_end(run_dir, other_dir):
    own, other = load_checkpoint(run_dir), load_checkpoint(other_dir)
    assert own.env_step == other.env_step
    assert own.tensors.keys() == other.tensors.keys()
    for name, tensor in own.tensors.items():
        assert np.array_equal(tensor, other.tensors[name]), name
    assert json.dumps(own.values, default=str) == json.dumps(other.values, default=str)
    assert read_metrics(run_dir) == read_metrics(other_dir)
    rows = [JournalReader(journal_dir(folder)).read().rows for folder in (run_dir, other_dir)]
    assert rows[0].tobytes() == rows[1].tobytes()
