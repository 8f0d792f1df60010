import pytest
from small_training import ENV

from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.training import train


def test_every_reward_of_a_run_reaches_the_agents_scale(tmp_path):
    settings = {
        "env": ENV,
        "algo": "xqc",
        "num_steps": 50,
        "learning_starts": 40,
        "agent": {"actor_hidden_dims": [8], "critic_hidden_dims": [8], "batch_size": 16},
        "evaluation": {"every": 50, "num_episodes": 1, "num_confirm": 1},
    }
    train(parse_config(settings, "test"), tmp_path / "run")
    tensors = load_checkpoint(tmp_path / "run").tensors
    (scale,) = (value for name, value in tensors.items() if name.endswith("reward_scale.scale"))
    (sums,) = (value for name, value in tensors.items() if name.endswith("reward_scale.sums"))
    discounted, largest, count, _, squares = sums.tolist()
    assert count == 50
    assert 0.0 < abs(discounted) <= largest
    spread = (squares / count + 1e-8) ** 0.5
    assert scale.item() == pytest.approx(max(spread, largest / 5.0))
