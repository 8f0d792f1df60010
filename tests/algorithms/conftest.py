import numpy as np
import pytest
import torch

from rl_agent.algorithms.registry import ALGORITHMS
from rl_agent.algorithms.registry import make_agent as make
from rl_agent.data.batch import Batch

OBS_DIM, ACT_DIM, BATCH_SIZE = 3, 2, 8
SMALL = {
    "batch_size": BATCH_SIZE,
    "actor_hidden_dims": (16, 16),
    "critic_hidden_dims": (16, 16),
    "gamma": 0.9,
}
OWN = {
    # Moments of so small a batch are noise unless they are held to the running ones.
    "crossq": {"renorm_starts": 2},
    # Logits of D units are no longer than sqrt(D): too short with 16 for rewards to be told apart.
    "flash_sac": {"critic_hidden_dims": (32, 32)},
}


@pytest.fixture
def make_agent():
    """A small agent of an algorithm, with a few settings of its own."""

    def build(name, seed=0, **changes):
        config = ALGORITHMS[name].config_class(**(SMALL | OWN.get(name, {}) | changes))
        return make(name, OBS_DIM, ACT_DIM, config, seed)

    return build


@pytest.fixture
def make_batch():
    def build(seed=0):
        rng = np.random.default_rng(seed)
        return Batch(
            obs=rng.standard_normal((BATCH_SIZE, OBS_DIM), dtype=np.float32),
            action=rng.uniform(-1, 1, (BATCH_SIZE, ACT_DIM)).astype(np.float32),
            reward=rng.standard_normal(BATCH_SIZE, dtype=np.float32),
            discount=np.where(np.arange(BATCH_SIZE) % 4, 0.9, 0.0).astype(np.float32),
            next_obs=rng.standard_normal((BATCH_SIZE, OBS_DIM), dtype=np.float32),
        )

    return build


@pytest.fixture(autouse=True)
def nothing_compiled_before(request):
    """torch gives up on a function that it compiled for too many agents in one process."""
    if request.node.get_closest_marker("slow"):
        torch.compiler.reset()
