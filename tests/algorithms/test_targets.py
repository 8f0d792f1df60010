import pytest
import torch

from rl_agent.algorithms.targets import ensemble_td_loss, polyak_, soft_td_target


def test_soft_target_by_hand():
    target = soft_td_target(
        reward=torch.tensor([1.0, 2.0]),
        discount=torch.tensor([0.9, 0.0]),
        next_q=torch.tensor([[10.0, 3.0], [8.0, 5.0]]),
        next_log_prob=torch.tensor([-2.0, 1.0]),
        alpha=torch.tensor(0.5),
    )
    # 1 + 0.9 (min(10, 8) + 0.5 * 2) = 9.1; the second terminated, so its reward alone.
    assert target.tolist() == pytest.approx([9.1, 2.0])


def test_loss_is_the_mean_over_the_batch_summed_over_members():
    loss = ensemble_td_loss(torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([0.0, 4.0]))
    # Member 1: (1 + 4) / 2; member 2: (0 + 16) / 2.
    assert loss.item() == pytest.approx(2.5 + 8.0)


def test_polyak_by_hand():
    target, source = torch.tensor([1.0]), torch.tensor([3.0])
    polyak_([target], [source], 0.25)
    assert target.item() == pytest.approx(1.5)
    assert source.item() == 3.0
