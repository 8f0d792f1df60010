import torch

from rl_agent.networks.bro_net import BroBlock, BroNet


def generator():
    return torch.Generator().manual_seed(0)


def test_a_block_adds_to_what_it_gets():
    block = BroBlock(1, 2, generator())
    with torch.no_grad():
        block.first.weight.copy_(torch.eye(2))
        block.second.weight.copy_(torch.eye(2))
        block.first.bias.zero_()
        block.second.bias.zero_()
    # Norm of (5, 1) is (1, -1); rectified (1, 0); norm of that (1, -1); added.
    out = block(torch.tensor([[[5.0, 1.0]]]))
    torch.testing.assert_close(out, torch.tensor([[[6.0, 0.0]]]), rtol=1e-3, atol=1e-3)


def test_members_do_not_touch_each_other():
    net = BroNet(3, 4, (8, 8), 5, generator())
    x = torch.randn(6, 4, generator=generator())
    before = net(x)
    assert before.shape == (3, 6, 5)
    with torch.no_grad():
        net.blocks[1].first.weight[1] += 1.0
    changed = (net(x) != before).any(-1).any(-1)
    assert changed.tolist() == [False, True, False]
