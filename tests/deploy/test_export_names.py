import numpy as np
import torch

from rl_agent.deploy.export import policy_parity
from rl_agent.networks.squashed_gaussian import GaussianActor


class Means(torch.nn.Module):
    """The exporter calls what `mean` gives "mean", which is an output's name as well."""

    def forward(self, obs):
        mean = obs.mean(-1, keepdim=True)
        return torch.cat([mean, 0.1 * mean], -1)


def test_a_network_that_takes_a_mean_inside_is_exported():
    error, action_error = policy_parity(GaussianActor(3, 1, Means()), 3)
    assert np.isfinite(error) and error <= 1e-5 and action_error <= 1e-5
